using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether everything that is expected is there.</summary>
internal sealed class InventoryCheck : DependencyCheck<InventoryOptions>
{
    public static readonly CheckType<InventoryOptions> Type = CheckType.Create<InventoryOptions>(
        new CheckDescriptor(
            "Inventory",
            "Whether everything that is expected is there: names and patterns with a least number, against a directory, a list in JSON over HTTP, or what a function of the app returns.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "Everything that is expected is there.",
                [HealthStatus.Degraded] = "There is something that is not expected, and extras are not allowed; it was slow; or we are throttled.",
                [HealthStatus.Unhealthy] = "Something is missing, may not be looked at, or the list could not be had.",
            },
            "The text names all that is missing at once; missing and extras in the data. ls -l the directory, or curl -s the address and look for the names.",
            "Find out who makes what is missing, and why it did not; or take it off the Expected list, if it is not wanted any more.")
        {
            DefaultTags = ["ready"],
            RemedyByReason = StageRemedies.UpTo(Stage.Use, new Dictionary<string, string>
            {
                ["inventory.denied"] = "Give this process the right to read what is there: the permissions of the entries, or the rights of the account in Headers.",
                ["inventory.extra"] = "Remove what does not belong there, add it to Expected, or set AllowExtras.",
                ["inventory.source.missing"] = "Make or mount the directory, or correct the path.",
                ["inventory.source.denied"] = "Give this process the r and x permissions on the directory.",
                ["inventory.source.failed"] = "See the error in the text: the file system's, or that of the app's own function.",
                ["inventory.source.format"] = "Look at what the address answers with, and correct ItemsPointer and NamePointer.",
            }),
        },
        InventoryRules.Validate,
        static (services, options) => new InventoryCheck(
            services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()),
            options,
            services,
            services.GetService<Redactor>() ?? new Redactor()));

    private const int LongestMessage = 500;

    /// <summary>As the HTTP check's, unless it is told another.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private readonly IServiceProvider _services;
    private readonly Redactor _redactor;
    private readonly HttpPatience _patience;
    private readonly HttpProbe _probe = new();
    private volatile InventoryRules? _rules;
    private volatile Task _calling = Task.CompletedTask;

    public InventoryCheck(Network network, Func<InventoryOptions> options, IServiceProvider services, Redactor redactor)
        : base(network, options)
    {
        _services = services;
        _redactor = redactor;
        _patience = new HttpPatience(network.Time);
    }

    protected override string TargetOf(InventoryOptions options) => RulesOf(options).Target;

    protected override string? HostOf(InventoryOptions options) => options.Url?.IdnHost;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, InventoryOptions options)
    {
        var rules = RulesOf(options);
        if (rules.Request is { } request)
        {
            return await AskAsync(run, rules, request).ConfigureAwait(false);
        }

        var inventory = await run.DoAsync(Stage.Use, token => LookAsync(
            options.Source is { } source
                ? () => AskAsync(source, token)
                : () => Task.FromResult(InventoryDirectory.List(options.Directory!, options.Recursive, token)),
            token)).ConfigureAwait(false);
        return Judge(rules, inventory, null);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _probe.Dispose();
    }

    /// <summary>
    /// A file system that hangs, or code of the app that blocks, must not hold the run beyond its deadline; and while one call blocks, the runs
    /// after it wait for its end instead of blocking a thread each.
    /// </summary>
    private async Task<Inventory> LookAsync(Func<Task<Inventory>> look, CancellationToken token)
    {
        await _calling.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        token.ThrowIfCancellationRequested();
        var calling = Task.Factory.StartNew(look, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        _calling = calling;
        return await (await calling.ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>The app's own code: whatever it throws is this check's failure.</summary>
    private async Task<Inventory> AskAsync(Func<IServiceProvider, CancellationToken, Task<Inventory>> source, CancellationToken token)
    {
        try
        {
            var found = await source(_services, token).ConfigureAwait(false);
            return found?.Present is { } present && present.Concat(found.Denied ?? []).All(static name => name is not null)
                ? found with { Present = [.. present] }
                : throw new InvalidOperationException("it returned nothing, or a name that is null");
        }
        catch (Exception e) when (!token.IsCancellationRequested || e is not OperationCanceledException)
        {
            var message = ForeignText.Shown(_redactor.Redact(e.Message), LongestMessage);
            throw new StageException(Stage.Use, "inventory.source.failed", $"the app's function failed: {e.GetType()}: {message}", e);
        }
    }

    private async Task<DependencyFinding> AskAsync(StageRun run, InventoryRules rules, HttpRequestSpec request)
    {
        if (_patience.IsHeld(request.Url, out var left) is { } held)
        {
            return HttpVerdicts.Held(held, left, _patience.Now);
        }

        HttpAnswer answer;
        try
        {
            answer = await _probe.SendAsync(run, request).ConfigureAwait(false);
        }
        catch (StageException)
        {
            _patience.NotUnavailable();
            throw;
        }

        var bad = HttpVerdicts.Judge(answer, request.Url, request.Expected, _patience, Grace);
        if (bad is not (null or { Reason: "http.throttled" }) || !request.Expected.Contains(answer.Status))
        {
            return bad!;
        }

        var finding = Read(rules, request, answer);
        if (bad is null)
        {
            return finding;
        }

        if (finding.Status != HealthStatus.Unhealthy)
        {
            return bad;
        }

        // What is missing is worse than that we may not look again for a while, and stays so until we may.
        _patience.Say(finding);
        return finding;
    }

    private static DependencyFinding Read(InventoryRules rules, HttpRequestSpec request, HttpAnswer answer)
    {
        var who = HttpVerdicts.Who(answer);
        if (answer.End != BodyEnd.Whole || answer.EncodingProblem is not null)
        {
            return answer.End switch
            {
                BodyEnd.TooLarge => DependencyFinding.Unhealthy("http.content.tooLarge", $"{who}: the list is larger than {GaugeAmount.Bytes(request.MaxBodyBytes):L}"),
                BodyEnd.Garbled => DependencyFinding.Unhealthy("http.invalid", $"{who}: the list is not framed as HTTP/1.1 has it, after {GaugeAmount.Bytes(answer.ReceivedBytes)}"),
                BodyEnd.Whole => DependencyFinding.Unhealthy("http.content.encoding", $"{who}: the list cannot be read, {answer.EncodingProblem}"),
                _ => DependencyFinding.Unhealthy("http.truncated", $"{who}: the list broke off after {GaugeAmount.Bytes(answer.ReceivedBytes)}"),
            };
        }

        try
        {
            using var document = JsonDocument.Parse(answer.Body.Span.StartsWith("\uFEFF"u8) ? answer.Body[3..] : answer.Body, new JsonDocumentOptions { MaxDepth = 64 });
            return rules.Read(document.RootElement) is { } names
                ? Judge(rules, new Inventory(names), who)
                : DependencyFinding.Unhealthy("inventory.source.format", $"{who}: {rules.WrongShape}");
        }
        catch (InvalidOperationException)
        {
            // No UTF-8, or half a surrogate pair, written as an escape.
            return DependencyFinding.Unhealthy("inventory.source.format", $"{who}: a name in the JSON is no text");
        }
        catch (JsonException)
        {
            return DependencyFinding.Unhealthy("inventory.source.format", $"{who}: what came is no JSON");
        }
    }

    private static DependencyFinding Judge(InventoryRules rules, Inventory inventory, string? who)
    {
        const int listed = 100;
        var result = rules.Expected.Compare(inventory.Present, inventory.Denied?.Where(static name => !name.EndsWith('/')));
        Dictionary<string, object> data = new()
        {
            ["expectedCount"] = result.ExpectedCount,
            ["presentCount"] = result.PresentCount,
            ["missingCount"] = result.Missing.Count,
            ["extraCount"] = result.Extras.Count,
        };
        foreach (var (key, names) in new[] { ("missing", result.Missing), ("denied", result.Denied), ("extras", result.Extras) })
        {
            if (names.Count > 0)
            {
                data[key] = names.Take(listed).Select(static name => ForeignText.Shown(name)).ToList();
            }
        }

        // What is missing may be where nobody could look.
        var closed = inventory.Denied?.Where(name => name.EndsWith('/')).ToList() ?? [];
        if (closed.Count > 0 && result.Missing.Count > 0)
        {
            data["denied"] = closed.Take(listed).Select(static name => ForeignText.Shown(name)).ToList();
            return DependencyFinding.Unhealthy(
                "inventory.denied", $"this process may not look into {string.Join(", ", closed.Take(5).Select(static name => ForeignText.Shown(name)))}{(closed.Count > 5 ? ", …" : "")}; elsewhere, {result}", data);
        }

        var text = who is null ? result.ToString() : $"{who}, {result}";
        return result.Missing.Count > 0 ? DependencyFinding.Unhealthy("inventory.missing", text, data)
            : result.Denied.Count > 0 ? DependencyFinding.Unhealthy("inventory.denied", text, data)
            : result.Extras.Count > 0 && !rules.Options.AllowExtras ? DependencyFinding.Degraded("inventory.extra", text, data)
            : DependencyFinding.Healthy(text, data);
    }

    private InventoryRules RulesOf(InventoryOptions options)
    {
        var rules = _rules;
        if (rules is null || rules.Options != options)
        {
            _rules = rules = new InventoryRules(options, _redactor);
        }

        return rules;
    }
}
