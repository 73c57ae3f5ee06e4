using System.Runtime.CompilerServices;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace HealthKit;

/// <summary>One command, one table; see docs/performance.md.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["child", .. var child]:
                return await ChildApps.RunAsync(child);
            case ["micro", .. var filter]:
                RunMicro(filter);
                return 0;
        }

        if (BenchmarkOptions.TryParse(args, out var options, out var error))
        {
            await BudgetTable.RunAsync(options);
            return 0;
        }

        Console.Error.WriteLine(error);
        return error == BenchmarkOptions.Usage ? 0 : 2;
    }

    // In this process: the machine is small, and the comparison wants both sides in one run. Apart, so that child processes, whose
    // memory and start are measured, do not load BenchmarkDotNet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunMicro(string[] arguments) => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
        arguments,
        DefaultConfig.Instance
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default));
}
