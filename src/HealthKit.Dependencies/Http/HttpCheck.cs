using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Asks an HTTP server, and tells what its answer means and who gave it.</summary>
internal sealed class HttpCheck : DependencyCheck<HttpCheckOptions>
{
    public static readonly CheckType<HttpCheckOptions> Type = CheckType.Create<HttpCheckOptions>(
        new CheckDescriptor(
            "Http",
            "Whether an HTTP server answers as expected: how far the request got, in what time, what the answer means, and which program on the way gave it.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The status is expected, and so is the content.",
                [HealthStatus.Degraded] =
                    "We are throttled; it has been unavailable (503) for less than the grace period; it was slow; or it was led from https to http, or has a password field on plain http.",
                [HealthStatus.Unhealthy] = "A stage failed, the answer is no HTTP or broke off, or its status or its content is not as expected.",
            },
            "The text names the stage, the meaning and the program that answered (answeredBy): that program's log is the one to read. curl -sv <address> repeats the request by hand.",
            "Look at what came (curl -sv <address>) and compare it with what the check expects: either the server changed, or the expectation is out of date.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, new Dictionary<string, string>
            {
                ["http.throttled"] = "Ask less often, or have the limit raised: nothing is asked until the time in the text.",
                ["http.unavailable"] = "Wait for the deployment to end; if none is under way, the server sheds load or has nothing healthy behind it: see the log of the program that answered.",
                ["http.badGateway"] = "Look at the upstream of the program that answered: it is down, crashes on the request, or closes idle connections too early. The gateway's error log names it.",
                ["http.gatewayTimeout"] = "Look at the upstream of the program that answered: it hangs or is overloaded.",
                ["http.serverError"] = "Look at the log of the app that answered, at the time of the run.",
                ["http.closed"] = "The request may have been worked on: look whether the app crashed or was killed (out of memory), and at proxies that close connections on their own.",
                ["http.reset"] = "The process crashed or was stopped, or a proxy or firewall on the way cuts connections.",
                ["http.truncated"] = "What sends the body ended within it: an upstream that was killed, a full disk of a proxy that buffers, or a wrong Content-Length.",
                ["http.passwordOnPlainHttp"] = "Serve the page by https and redirect http there: passwords go over the network as plain text.",
                ["http.redirect.insecure"] = "Let the redirect lead to https: mostly a proxy does not tell the app that the client came by https (X-Forwarded-Proto).",
                ["auth.rejected"] = "Renew the credentials in Headers.",
                ["auth.forbidden"] = "Grant the account the right to this path, or let the web application firewall pass it.",
                ["network.noWayOut"] = "Look at this machine's own network first: ip addr, ip route, its firewall.",
                ["network.noNames"] = "Look at the name servers in /etc/resolv.conf first.",
            }),
            DefaultTags = ["ready"],
        },
        HttpCheckValidation.Validate,
        static (services, options) => new HttpCheck(
            services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()), options, services.GetService<Redactor>() ?? new Redactor()));

    private readonly Redactor _redactor;
    private readonly HttpPatience _patience;
    private readonly HttpProbe _probe = new();
    private volatile HttpPlan? _plan;

    public HttpCheck(Network network, Func<HttpCheckOptions> options, Redactor redactor)
        : base(network, options)
    {
        _redactor = redactor;
        _patience = new HttpPatience(network.Time);
    }

    protected override string TargetOf(HttpCheckOptions options) => PlanOf(options).Target;

    protected override string? HostOf(HttpCheckOptions options) => options.Url!.IdnHost;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, HttpCheckOptions options)
    {
        var plan = PlanOf(options);
        if (_patience.IsHeld(plan.Spec.Url, out var left) is { } held)
        {
            return HttpVerdicts.Held(held, left, _patience.Now);
        }

        HttpAnswer answer;
        try
        {
            answer = await _probe.SendAsync(run, plan.Spec).ConfigureAwait(false);
        }
        catch (StageException)
        {
            _patience.NotUnavailable();
            throw;
        }

        var finding = HttpVerdicts.Judge(answer, plan.Spec.Url, plan.Spec.Expected, _patience, options.UnavailableGrace);
        if (finding is null or { Status: HealthStatus.Degraded, Reason: "http.throttled" } && plan.Spec.Expected.Contains(answer.Status))
        {
            // What is wrong with the content is worse than that we may not look again for a while, and stays so until we may.
            if (plan.Rules.Judge(answer) is { } wrong)
            {
                finding = wrong;
                _patience.Say(Complete(answer, wrong));
            }
        }

        return Complete(answer, finding ?? Warn(answer, options) ?? DependencyFinding.Healthy(Healthy(answer)));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _probe.Dispose();
    }

    private static DependencyFinding? Warn(HttpAnswer answer, HttpCheckOptions options)
    {
        var who = HttpVerdicts.Who(answer);
        if (answer.LeftHttps)
        {
            return DependencyFinding.Degraded("http.redirect.insecure", $"{who}: it leads from https to http");
        }

        return options.FindPasswordForms && answer.Url.Scheme == Uri.UriSchemeHttp && !HttpTarget.IsHere(answer.Url)
            && answer.Headers.MediaType is "text/html" or "application/xhtml+xml" && PasswordField.IsIn(HttpContentRules.Text(answer))
            ? DependencyFinding.Degraded("http.passwordOnPlainHttp", $"{who}: the page asks for a password, and came over plain http")
            : null;
    }

    private static string Healthy(HttpAnswer answer)
    {
        var size = answer.ReceivedBytes == answer.Body.Length ? $"{GaugeAmount.Bytes(answer.Body.Length)}" : $"{GaugeAmount.Bytes(answer.Body.Length)} ({GaugeAmount.Bytes(answer.ReceivedBytes)} sent)";
        return $"{HttpVerdicts.Who(answer)}, {size}{(answer.Headers.ShownMediaType is { } type ? $" of {type}" : "")}";
    }

    private static DependencyFinding Complete(HttpAnswer answer, DependencyFinding finding)
    {
        Dictionary<string, object> data = new()
        {
            ["httpStatus"] = answer.Status.ToString(CultureInfo.InvariantCulture),
            ["bodyBytes"] = answer.Body.Length,
        };
        if (answer.AnsweredBy is { } answerer)
        {
            data["answeredBy"] = answerer.ToString();
        }

        if (answer.Headers.ShownMediaType is { } type)
        {
            data["mediaType"] = type;
        }

        if (answer.Redirects.Count > 0)
        {
            data["redirects"] = answer.Redirects.Select(HttpTarget.ForeignText).ToList();
        }

        foreach (var (key, value) in finding.Data ?? new Dictionary<string, object>())
        {
            data[key] = value;
        }

        return finding with { Data = data };
    }

    private HttpPlan PlanOf(HttpCheckOptions options)
    {
        var plan = _plan;
        if (plan is null || plan.Options != options)
        {
            _plan = plan = new HttpPlan(options, _redactor);
        }

        return plan;
    }

    /// <summary>Options as runs need them.</summary>
    private sealed class HttpPlan
    {
        public HttpPlan(HttpCheckOptions options, Redactor redactor)
        {
            Options = options;
            Spec = new HttpRequestSpec(options.Url!)
            {
                Method = options.Method,
                Headers = HttpRequestRules.Headers(options.Headers, redactor),
                Expected = StatusSet.Of(options.ExpectedStatuses),
                MaxBodyBytes = (int)options.MaxBodyBytes,
                MaxRedirects = options.MaxRedirectsCount,
                Pins = CertificatePins.Parse(options.PinnedSha256),
                ReuseConnection = options.ReuseConnection,
            };
            Rules = new HttpContentRules(options, redactor);
            Target = HttpTarget.Text(options.Url!);
        }

        public HttpCheckOptions Options { get; }

        public HttpRequestSpec Spec { get; }

        public HttpContentRules Rules { get; }

        public string Target { get; }
    }
}
