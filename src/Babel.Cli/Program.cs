using System.Runtime.InteropServices;
using System.Text;

namespace Babel.Cli;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, stop));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, stop));
        var streams = new ConsoleStreams(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
        return new App(streams).Run(arguments, stop.Token);
    }

    // The first signal asks; every result file is written whole or not at all, so a second one may simply end the process.
    private static void Stop(PosixSignalContext signal, CancellationTokenSource stop)
    {
        signal.Cancel = true;
        if (stop.IsCancellationRequested) Environment.Exit(ExitCodes.Interrupted.Code);
        stop.Cancel();
    }
}
