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
    private readonly string _name;
    private readonly AuthorizationPolicy _policy;
    private readonly IPolicyEvaluator _evaluator;
    private readonly bool _mayAuthenticate;
    private readonly ILogger _logger;

    private DetailAuthorizer(string name, AuthorizationPolicy policy, IPolicyEvaluator evaluator, bool mayAuthenticate, ILogger logger)
    {
        _name = name;
        _policy = policy;
        _evaluator = evaluator;
        _mayAuthenticate = mayAuthenticate;
        _logger = logger;
    }

    /// <exception cref="InvalidOperationException">Authorization is not registered, or has no such policy.</exception>
    public static DetailAuthorizer Create(string policyName, IServiceProvider services, ILogger logger)
    {
        if (services.GetService<IPolicyEvaluator>() is not { } evaluator || services.GetService<IAuthorizationPolicyProvider>() is not { } provider)
        {
            throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}', but the app has no authorization; call services.AddAuthorization(…) with that policy.");
        }

        // Once, while the app starts: there is no one to block yet.
        var policy = provider.GetPolicyAsync(policyName).GetAwaiter().GetResult()
            ?? throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}'; allowed: a policy that AddAuthorization registered. None has this name.");
        var hasAuthentication = services.GetService<IAuthenticationService>() is not null;
        if (policy.AuthenticationSchemes.Count > 0 && !hasAuthentication)
        {
            throw new InvalidOperationException(
                $"HealthKit:Endpoints:DetailPolicy = '{policyName}' names authentication schemes, but the app has no authentication; call services.AddAuthentication(…).");
        }

        return new DetailAuthorizer(policyName, policy, evaluator, hasAuthentication, logger);
    }

    public async ValueTask<bool> HoldsPolicyAsync(HttpContext context)
    {
        try
        {
            await AuthenticateByDefaultAsync(context).ConfigureAwait(false);
            var authenticated = await _evaluator.AuthenticateAsync(_policy, context).ConfigureAwait(false);
            var authorized = await _evaluator.AuthorizeAsync(_policy, authenticated, context, resource: context).ConfigureAwait(false);
            return authorized.Succeeded;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // An identity provider that is down must not take the health endpoint with it.
            LogFailed(_logger, _name, e);
            return false;
        }
    }

    /// <summary>Does what UseAuthentication() does, where the policy names no scheme and the middleware did not run before us.</summary>
    private async Task AuthenticateByDefaultAsync(HttpContext context)
    {
        if (!_mayAuthenticate
            || _policy.AuthenticationSchemes.Count > 0
            || context.User.Identity is { IsAuthenticated: true }
            || context.Features.Get<IAuthenticateResultFeature>() is not null)
        {
            return;
        }

        var schemes = context.RequestServices.GetRequiredService<IAuthenticationSchemeProvider>();
        if (await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } scheme
            && await context.AuthenticateAsync(scheme.Name).ConfigureAwait(false) is { Succeeded: true } result)
        {
            context.User = result.Principal;
        }
    }

    [LoggerMessage(EventId = 220, Level = LogLevel.Warning, Message = "Policy {Policy} could not be evaluated; the caller gets what anonymous callers get")]
    private static partial void LogFailed(ILogger logger, string policy, Exception exception);
}
