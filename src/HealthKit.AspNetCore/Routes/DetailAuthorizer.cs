using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Says whether a caller holds the policy that opens every detail.</summary>
internal sealed partial class DetailAuthorizer
{
    /// <summary>How long an answer about health waits for whoever knows the caller.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Anyone can send a token that cannot be verified: the log must not grow with every request.
    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly string _name;
    private readonly TimeProvider _timeProvider;
    private readonly Redactor _redactor;
    private readonly ILogger _logger;
    private readonly Lock _warning = new();
    private long? _warnedAt;

    private DetailAuthorizer(string name, TimeProvider timeProvider, Redactor redactor, ILogger logger)
    {
        _redactor = redactor;
        _name = name;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <exception cref="InvalidOperationException">Authorization is not registered, or has no such policy.</exception>
    public static DetailAuthorizer Create(string policyName, IServiceProvider services, TimeProvider timeProvider, ILogger logger)
    {
        // Once, while the app starts: there is no one to block yet.
        VerifyAsync(policyName, services).GetAwaiter().GetResult();
        return new DetailAuthorizer(policyName, timeProvider, services.GetRequiredService<Redactor>(), logger);
    }

    /// <summary>Has the caller answered: with whether it holds the policy, in time, and not at all once it has gone.</summary>
    public async Task AnswerAsync(HttpContext context, Func<HttpContext, bool, Task> answer)
    {
        var aborted = context.RequestAborted;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);

        // What a scheme's handler passes on when it fetches keys: it gives up when we do.
        context.RequestAborted = patience.Token;
        var evaluation = EvaluateAsync(context);
        var holdsPolicy = false;
        try
        {
            holdsPolicy = await evaluation.WaitAsync(Patience, _timeProvider, aborted).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // An identity provider that is down must not take the health endpoint with it.
            if (!aborted.IsCancellationRequested)
            {
                Warn(e);
            }
        }

        if (evaluation.IsCompleted)
        {
            context.RequestAborted = aborted;
            if (!aborted.IsCancellationRequested)
            {
                await answer(context, holdsPolicy).ConfigureAwait(false);
            }

            return;
        }

        var cancellation = patience.CancelAsync();
        try
        {
            if (!aborted.IsCancellationRequested)
            {
                if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
                {
                    // The next request on this connection would wait for the one we are about to hold.
                    context.Response.Headers.Connection = "close";
                }

                await answer(context, holdsPolicy).ConfigureAwait(false);
                await context.Response.CompleteAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            // The caller has its answer. The server uses this context again once we return, and what still runs would set its user there:
            // a stranger would go on as somebody else.
            await Task.WhenAll(evaluation, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task VerifyAsync(string policyName, IServiceProvider services)
    {
        // A scope: some of these services are scoped, and the app's root provider refuses those in Development.
        await using var scope = services.CreateAsyncScope();
        var scoped = scope.ServiceProvider;
        if (scoped.GetService<IPolicyEvaluator>() is null || scoped.GetService<IAuthorizationPolicyProvider>() is not { } provider)
        {
            throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}', but the app has no authorization; call services.AddAuthorization(…) with that policy");
        }

        var policy = await provider.GetPolicyAsync(policyName).ConfigureAwait(false)
            ?? throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}'; allowed: a policy that AddAuthorization registered, and none has this name");
        if (policy.AuthenticationSchemes.Count > 0 && scoped.GetService<IAuthenticationService>() is null)
        {
            throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}' names authentication schemes, but the app has no authentication; call services.AddAuthentication(…)");
        }
    }

    private async Task<bool> EvaluateAsync(HttpContext context)
    {
        // Each time anew: the provider may be a dynamic one, and the default one looks into a dictionary.
        var services = context.RequestServices;
        var policy = await services.GetRequiredService<IAuthorizationPolicyProvider>().GetPolicyAsync(_name).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The policy is not registered any more");
        await AuthenticateByDefaultAsync(policy, context).ConfigureAwait(false);
        var evaluator = services.GetRequiredService<IPolicyEvaluator>();
        var authenticated = await evaluator.AuthenticateAsync(policy, context).ConfigureAwait(false);
        var authorized = await evaluator.AuthorizeAsync(policy, authenticated, context, resource: context).ConfigureAwait(false);
        return authorized.Succeeded;
    }

    /// <summary>Does what UseAuthentication() does, where the policy names no scheme and the middleware did not run before us.</summary>
    private static async Task AuthenticateByDefaultAsync(AuthorizationPolicy policy, HttpContext context)
    {
        if (policy.AuthenticationSchemes.Count > 0
            || context.User.Identity is { IsAuthenticated: true }
            || context.Features.Get<IAuthenticateResultFeature>() is not null
            || context.RequestServices.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
        {
            return;
        }

        if (await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme
            && await context.AuthenticateAsync(scheme.Name).ConfigureAwait(false) is { Succeeded: true } result)
        {
            context.User = result.Principal;
        }
    }

    private void Warn(Exception exception)
    {
        lock (_warning)
        {
            if (_warnedAt is { } last && _timeProvider.GetElapsedTime(last) < WarningInterval)
            {
                return;
            }

            _warnedAt = _timeProvider.GetTimestamp();
        }

        // The app's own code: what it throws may hold a token or a secret.
        LogFailed(_logger, _name, _redactor.Redact(exception.ToString()));
    }

    [LoggerMessage(
        EventId = 220,
        Level = LogLevel.Warning,
        Message = "Policy {Policy} could not be evaluated; callers get what anonymous callers get (said once a minute at most): {Error}")]
    private static partial void LogFailed(ILogger logger, string policy, string error);
}
