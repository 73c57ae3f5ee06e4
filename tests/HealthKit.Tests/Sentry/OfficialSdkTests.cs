using System.Reflection;

namespace HealthKit.Tests.Sentry;

/// <summary>HealthKit.Sentry is used beside the official SDK, whose package puts <c>using Sentry;</c> into every file of an app.</summary>
public class OfficialSdkTests
{
    /// <summary>The public types of the namespaces Sentry and Sentry.AspNetCore of Sentry.AspNetCore 6.12.1, which not every registry has.</summary>
    private const string Names =
        """
        AttachmentType BaggageHeader Breadcrumb BreadcrumbLevel ByteAttachmentContent CaptureFeedbackResult CheckInStatus CrashType Debouncer DeduplicateMode
        DefaultSentryScopeStateProcessor DsnAttribute EventLikeExtensions FileAttachmentContent HasExtraExtensions HasTagsExtensions HeapDumpTrigger
        HintTypes HttpStatusCodeRange HubExtensions IAttachmentContent IEventLike IHasData IHasExtra IHasTags IHub IScopeObserver ISentryBuilder
        ISentryClient ISentryJsonSerializable ISentryScopeManager ISentryScopeStateProcessor ISentrySession ISentryUserFactory ISpan ISpanData ISpanRecorder
        ITransactionContext ITransactionData ITransactionRecorder ITransactionTracer InstructionAddressAdjustment Instrumenter MeasurementUnit
        ReportAssembliesMode SamplingExtensions Scope SdkVersion SentryAspNetCoreOptions SentryAttachment SentryBuilderExtensions SentryCheckIn SentryClient
        SentryClientExtensions SentryConstants SentryContexts SentryEvent SentryEventExtensions SentryFeedback SentryGraphQLHttpMessageHandler SentryHint
        SentryHttpMessageHandler SentryId SentryLevel SentryLog SentryLogLevel SentryMessage SentryMessageHandler SentryMetric SentryMetricEmitter
        SentryMetricType SentryMonitorInterval SentryMonitorOptions SentryOptions SentryPackage SentryRequest SentrySdk SentrySession SentrySpan
        SentryStackFrame SentryStackTrace SentryStartupFilter SentryStructuredLogger SentryThread SentryTraceHeader SentryTransaction SentryTunnelMiddleware
        SentryUser SessionEndStatus SessionUpdate SpanContext SpanDataExtensions SpanExtensions SpanId SpanStatus SpanTracer StackTraceMode
        StartupTimeDetectionMode StreamAttachmentContent StringOrRegex TransactionContext TransactionNameProvider TransactionNameSource
        TransactionSamplingContext TransactionTracer ViewHierarchy ViewHierarchyAttachment ViewHierarchyNode W3CTraceparentHeader
        """;

    [Theory]
    [InlineData("HealthKit")]
    [InlineData("HealthKit.AspNetCore")]
    [InlineData("HealthKit.Dependencies")]
    [InlineData("HealthKit.RabbitMq")]
    [InlineData("HealthKit.Sentry")]
    public void No_public_type_is_named_as_one_of_the_official_SDK(string package) => Assert.Empty(
        Assembly.Load(package).GetExportedTypes().Select(type => type.Name).Intersect(Names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
