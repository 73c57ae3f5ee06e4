using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Xml.Linq;

namespace HealthKit.IntegrationTests;

[Collection(PackagingTests.Name)]
public sealed class PackageTests(BuiltPackages packages)
{
    /// <summary>The first of .NET 10: what an app has, ours must not raise (NU1605).</summary>
    private const string ExtensionsVersion = "10.0.0";

    /// <summary>Each package with the packages and shared frameworks it may bring. A new project under src/ gets its line here.</summary>
    private static readonly Dictionary<string, (string[] Packages, string[] Frameworks)> Expected = new()
    {
        ["HealthKit"] = (
            [
                $"Microsoft.Extensions.Configuration {ExtensionsVersion}",
                $"Microsoft.Extensions.Diagnostics.HealthChecks {ExtensionsVersion}",
                $"Microsoft.Extensions.Hosting.Abstractions {ExtensionsVersion}",
                $"Microsoft.Extensions.Logging {ExtensionsVersion}",
            ],
            []),
        ["HealthKit.AspNetCore"] = ([$"HealthKit {BuiltPackages.Version}"], ["Microsoft.AspNetCore.App"]),

        ["HealthKit.Dependencies"] = (
            [
                $"HealthKit {BuiltPackages.Version}",
                $"Microsoft.Extensions.Configuration {ExtensionsVersion}",
                $"Microsoft.Extensions.Diagnostics.HealthChecks {ExtensionsVersion}",
                $"Microsoft.Extensions.Hosting.Abstractions {ExtensionsVersion}",
                $"Microsoft.Extensions.Logging {ExtensionsVersion}",
            ],
            []),

        // The driver is what this package is for.
        ["HealthKit.RabbitMq"] = (
            [
                $"HealthKit.Dependencies [{BuiltPackages.Version}]",
                $"Microsoft.Extensions.Configuration {ExtensionsVersion}",
                $"Microsoft.Extensions.Diagnostics.HealthChecks {ExtensionsVersion}",
                $"Microsoft.Extensions.Hosting.Abstractions {ExtensionsVersion}",
                $"Microsoft.Extensions.Logging {ExtensionsVersion}",
                "RabbitMQ.Client 7.1.2",
            ],
            []),

        // Central pinning names what comes through HealthKit too, where no shared framework brings it.
        ["HealthKit.Sentry"] = (
            [
                $"HealthKit [{BuiltPackages.Version}]",
                $"Microsoft.Extensions.Configuration {ExtensionsVersion}",
                $"Microsoft.Extensions.Diagnostics.HealthChecks {ExtensionsVersion}",
                $"Microsoft.Extensions.Hosting.Abstractions {ExtensionsVersion}",
                $"Microsoft.Extensions.Logging {ExtensionsVersion}",
            ],
            []),
    };

    [Fact]
    public void Every_project_under_src_gives_one_package_and_its_symbols()
    {
        Assert.Equal(Expected.Keys.Order(StringComparer.Ordinal), packages.Projects.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        var expected = Expected.Keys.SelectMany(id => new[] { $"{id}.{BuiltPackages.Version}.nupkg", $"{id}.{BuiltPackages.Version}.snupkg" });
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.EnumerateFiles(packages.Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_package_holds_its_library_its_documentation_and_its_readme_and_nothing_else()
    {
        foreach (var id in Expected.Keys)
        {
            using var package = ZipFile.OpenRead(PathOf(id, "nupkg"));
            Assert.Equal([$"README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"], Content(package, id));
            var readme = Text(package, "README.md");
            Assert.Equal(File.ReadAllText(Path.Combine(packages.Repository, "src", id, "README.md")), readme);
            Assert.StartsWith($"# {id}\n", readme, StringComparison.Ordinal);
            Assert.Contains("```csharp\n", readme, StringComparison.Ordinal);

            // A link into the repository leads nowhere from a package's page.
            Assert.DoesNotContain("](", readme.Replace("](#", "", StringComparison.Ordinal), StringComparison.Ordinal);
            var documented = XDocument.Parse(Text(package, $"lib/net10.0/{id}.xml"));
            Assert.Equal(id, documented.Root!.Element("assembly")!.Element("name")!.Value);
        }

        using var core = ZipFile.OpenRead(PathOf("HealthKit", "nupkg"));
        Assert.Contains("M:Microsoft.Extensions.Hosting.HealthKitHostApplicationBuilderExtensions.AddHealthKit", Text(core, "lib/net10.0/HealthKit.xml"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_names_its_licence_its_readme_and_exactly_the_dependencies_it_may_have()
    {
        foreach (var (id, (dependencies, frameworks)) in Expected)
        {
            using var package = ZipFile.OpenRead(PathOf(id, "nupkg"));
            var metadata = XDocument.Parse(Text(package, $"{id}.nuspec")).Root!.Elements().Single();
            Assert.Equal(id, Value(metadata, "id"));
            Assert.Equal("README.md", Value(metadata, "readme"));
            var license = metadata.Elements().Single(e => e.Name.LocalName == "license");
            Assert.Equal(("expression", "MIT"), (license.Attribute("type")!.Value, license.Value));
            Assert.False(string.IsNullOrWhiteSpace(Value(metadata, "description")));
            Assert.False(string.IsNullOrWhiteSpace(Value(metadata, "tags")));

            var groups = metadata.Descendants().Where(e => e.Name.LocalName == "group").ToList();
            Assert.All(groups, group => Assert.Equal("net10.0", group.Attribute("targetFramework")!.Value));
            Assert.Equal(
                dependencies,
                groups.Elements().Where(e => e.Name.LocalName == "dependency")
                    .Select(e => $"{e.Attribute("id")!.Value} {e.Attribute("version")!.Value}").Order(StringComparer.Ordinal));
            Assert.Equal(
                frameworks,
                groups.Elements().Where(e => e.Name.LocalName == "frameworkReference").Select(e => e.Attribute("name")!.Value));
        }
    }

    [Fact]
    public void The_symbols_of_a_package_are_those_of_its_library()
    {
        foreach (var id in Expected.Keys)
        {
            using var package = ZipFile.OpenRead(PathOf(id, "nupkg"));
            using var symbols = ZipFile.OpenRead(PathOf(id, "snupkg"));
            Assert.Equal([$"lib/net10.0/{id}.pdb"], Content(symbols, id));

            using var library = new PEReader(new MemoryStream(Bytes(package, $"lib/net10.0/{id}.dll")));
            var entry = library.ReadDebugDirectory().Single(e => e.Type == DebugDirectoryEntryType.CodeView);
            using var pdb = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Bytes(symbols, $"lib/net10.0/{id}.pdb")));
            Assert.Equal(library.ReadCodeViewDebugDirectoryData(entry).Guid, new BlobContentId(pdb.GetMetadataReader().DebugMetadataHeader!.Id).Guid);
        }
    }

    [Fact]
    public void Packing_validates_the_package_and_building_analyses_trimming_and_native_code()
    {
        foreach (var project in packages.Projects)
        {
            using var answer = JsonDocument.Parse(BuiltPackages.Dotnet(
                packages.Repository, null, "msbuild", project, "-getProperty:EnablePackageValidation,IsAotCompatible,EnableTrimAnalyzer,EnableAotAnalyzer,TreatWarningsAsErrors"));
            Assert.All(answer.RootElement.GetProperty("Properties").EnumerateObject(), property => Assert.Equal((property.Name, "true"), (property.Name, property.Value.GetString())));
        }
    }

    [Fact]
    public async Task An_app_that_is_pinned_to_the_first_version_of_its_framework_installs_every_package()
    {
        var directory = packages.NewDirectory("pinned");
        await packages.AddFeedAsync(directory);
        var references = Expected.Keys.Select(id => (Id: id, Version: BuiltPackages.Version)).Concat(
        [
            (Id: "Microsoft.Extensions.Hosting.Abstractions", Version: ExtensionsVersion),
            (Id: "Microsoft.Extensions.Diagnostics.HealthChecks", Version: ExtensionsVersion),
        ]);

        // HealthKit.AspNetCore brings the shared framework, in which nothing can be pinned.
        await File.WriteAllTextAsync(
            Path.Combine(directory, "Pinned.csproj"),
            new XElement(
                "Project",
                new XAttribute("Sdk", "Microsoft.NET.Sdk"),
                new XElement("PropertyGroup", new XElement("TargetFramework", "net10.0")),
                new XElement("ItemGroup", references.Where(one => one.Id != "HealthKit.AspNetCore").Select(one =>
                    new XElement("PackageReference", new XAttribute("Include", one.Id), new XAttribute("Version", one.Version))))).ToString());

        BuiltPackages.Dotnet(
            directory, new Dictionary<string, string> { ["NUGET_PACKAGES"] = packages.NewDirectory("installed-pinned") }, "restore", "-warnaserror");
    }

    [Fact]
    public async Task One_line_in_a_fresh_web_app_that_installs_the_package_gives_a_healthy_health()
    {
        var directory = packages.NewDirectory("app");
        await packages.AddFeedAsync(directory);
        var environment = new Dictionary<string, string> { ["NUGET_PACKAGES"] = packages.NewDirectory("installed") };
        BuiltPackages.Dotnet(directory, environment, "new", "web", "--no-restore", "-n", "Fresh", "-o", ".");
        BuiltPackages.Dotnet(directory, environment, "add", "package", "HealthKit.AspNetCore", "--version", BuiltPackages.Version, "--no-restore");
        var program = Path.Combine(directory, "Program.cs");
        var lines = await File.ReadAllLinesAsync(program);
        Assert.Contains("app.Run();", lines);
        await File.WriteAllLinesAsync(program, lines.SelectMany(line => line switch
        {
            _ when line.Contains("CreateBuilder(args)", StringComparison.Ordinal) => [line, "builder.AddHealthKit();"],
            "app.Run();" => ["app.MapHealthKit();", line],
            _ => new[] { line },
        }));
        BuiltPackages.Dotnet(directory, environment, "build", "-c", "Release", "-o", "out", "-warnaserror");

        Assert.True(File.Exists(Path.Combine(environment["NUGET_PACKAGES"], "healthkit.aspnetcore", BuiltPackages.Version, "healthkit.aspnetcore.nuspec")));
        using var app = ServedApp.Start(directory, packages.NewDirectory("app-state"), "dotnet", Path.Combine("out", "Fresh.dll"));
        await app.GetOkAsync("/health/startup");
        AssertHealthy(await app.GetOkAsync("/health"));
    }

    [Fact]
    public async Task The_quickstart_published_trimmed_runs_and_answers_and_no_warning_was_given()
    {
        var published = packages.NewDirectory("trimmed");
        var output = BuiltPackages.Dotnet(
            packages.Repository,
            null,
            "publish", Path.Combine(packages.Repository, "samples", "Quickstart"), "-c", "Release", "-r", "linux-x64", "--self-contained",
            "-p:PublishTrimmed=true", "-p:TrimmerSingleWarn=false", "-p:TreatWarningsAsErrors=true", "-warnaserror",
            "--artifacts-path", packages.Artifacts, "-o", published);
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);

        using var app = ServedApp.Start(published, packages.NewDirectory("trimmed-state"), Path.Combine(published, "Quickstart"));
        await app.GetOkAsync("/health/startup");
        AssertHealthy(await app.GetOkAsync("/health"));
        Assert.Equal("Healthy", (await app.GetOkAsync("/health/ready")).Trim());
    }

    private static void AssertHealthy(string body)
    {
        using var health = JsonDocument.Parse(body);
        Assert.Equal("Healthy", health.RootElement.GetProperty("status").GetString());
        var entries = health.RootElement.GetProperty("entries");
        foreach (var name in new[] { "disk", "memory" })
        {
            Assert.Equal("Healthy", entries.GetProperty(name).GetProperty("status").GetString());
        }
    }

    private string PathOf(string id, string extension) => Path.Combine(packages.Feed, $"{id}.{BuiltPackages.Version}.{extension}");

    /// <summary>All files but those every package of the format has (ECMA-376 part 2, Open Packaging Conventions).</summary>
    private static IEnumerable<string> Content(ZipArchive package, string id) => package.Entries
        .Select(entry => entry.FullName)
        .Where(name => name is not ("[Content_Types].xml" or "_rels/.rels") && name != $"{id}.nuspec" && !name.StartsWith("package/services/metadata/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private static byte[] Bytes(ZipArchive package, string path)
    {
        using var stream = (package.GetEntry(path) ?? throw new InvalidOperationException($"The package has no {path}.")).Open();
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Text(ZipArchive package, string path) => new StreamReader(new MemoryStream(Bytes(package, path))).ReadToEnd();

    private static string? Value(XElement parent, string name) => parent.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
}
