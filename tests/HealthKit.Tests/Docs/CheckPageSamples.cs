using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

/// <summary>The code of the pages in docs/checks that need no driver.</summary>
internal static class CheckPageSamples
{
    public static void Directory(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddDirectoryCheck("/var/spool/app", options =>
            {
                options.Pattern = "*.msg";
                options.DegradedAboveFilesCount = 1_000;
                options.UnhealthyAboveOldestAge = TimeSpan.FromHours(1);
            });
    }

    public static void DiskSpace(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddDiskSpaceCheck("/var/log/app", options => options.UnhealthyBelowFreeBytes = 2L << 30, tags: ["ready"]);

        // Several paths, one check. Paths on one file system are one item of the result.
        builder.AddHealthKit()
            .AddDiskSpaceCheck(["/", "/var/lib/app", "/backup"], name: "disks");
    }

    public static void Dns(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddDnsCheck("db.example", options => options.Expected = ["10.1.0.7", "10.1.8.0/24"]);
    }

    public static void File(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddFileCheck("/data/references.csv", options =>
            {
                options.UnhealthyAboveAge = TimeSpan.FromMinutes(90);
                options.UnhealthyWhenUnchangedFor = TimeSpan.FromDays(2);
                options.UnhealthyAboveShrinkPercent = 50;
                options.Columns = ["paper", "authors", "title", "position", "contribution ID"];
                options.Encoding = "iso-8859-1";
            });
    }

    public static void Http(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddHttpCheck("https://api.example/health", options =>
            {
                options.Headers = [$"Authorization: Bearer {builder.Configuration["Api:Token"]}"];
                options.JsonPointer = "/status";
                options.JsonEquals = "UP";
                options.DegradedAboveLatency = TimeSpan.FromSeconds(1);
            });
    }

    public static void Inventory(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddInventoryCheck(["orders.csv", "prices.csv", "part-*.bin >= 3"], options => options.Directory = "/srv/exports", name: "exports")
            .AddInventoryCheck(
                ["mail", "export-* >= 2"],
                async (services, token) => new Inventory(await services.GetRequiredService<WorkerRegistry>().NamesAsync(token)),
                name: "workers");
    }

    public static void LogFile(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddLogFileCheck("/var/log/app/job.log", options => options.UnhealthyAboveBytes = 2L << 30)
            .AddLogFileCheck("/var/log/nginx/*.log", name: "nginx_logs");
    }

    public static void Memory(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddMemoryCheck(options => options.UnhealthyBelowFreePercent = 3, tags: ["ready"]);
    }

    public static void Tcp(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddTcpCheck("mail.example", 25, options => options.DegradedAboveLatency = TimeSpan.FromMilliseconds(500));
    }

    public static void Tls(IHostApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddTlsCertificateCheck("shop.example")
            .AddTlsCertificateCheck("10.1.0.7", 8443, options =>
            {
                options.ServerName = "intern.example";
                options.PinnedSha256 = ["5E:1C:…"];     // openssl x509 -noout -fingerprint -sha256 -in server.pem
            });
    }

    private sealed class WorkerRegistry
    {
        public Task<IReadOnlyCollection<string>> NamesAsync(CancellationToken token) => Task.FromResult<IReadOnlyCollection<string>>(["mail"]);
    }
}
