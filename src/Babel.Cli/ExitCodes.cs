using Babel.Analysis.Errors;
using Babel.Cli.Options;
using Babel.Kernels.Errors;
using Babel.Model.Errors;

namespace Babel.Cli;

/// <summary>Every way the program ends; the one table that <c>--help</c>, docs/cli.md and the tests share.</summary>
internal static class ExitCodes
{
    public static readonly ExitCode Ok = new(0, "done");
    public static readonly ExitCode Defect = new(1, "a defect of the program; the stack trace is on stderr");
    public static readonly ExitCode Usage = new(2, "the command line is wrong");
    public static readonly ExitCode Format = new(3, "an input is malformed, does not fit the model, or leads to numbers that are not finite");
    public static readonly ExitCode Unsupported = new(4, "the model asks for mathematics this version does not have");
    public static readonly ExitCode NotFound = new(5, "a model, corpus or file is not there");
    public static readonly ExitCode Device = new(6, "the device is not available, out of memory or lost; a second run goes on where this one stopped");
    public static readonly ExitCode Store = new(7, "stored results are corrupt, or belong to another run");
    public static readonly ExitCode SelfTest = new(8, "an operator or a model missed its error bound in selftest");
    public static readonly ExitCode Files = new(9, "the operating system refused a read or a write (permission, full disk)");
    public static readonly ExitCode Interrupted = new(130, "interrupted by Ctrl-C or SIGTERM; a second run goes on where this one stopped");

    /// <summary>All of them, ascending.</summary>
    public static IReadOnlyList<ExitCode> All =>
        [Ok, Defect, Usage, Format, Unsupported, NotFound, Device, Store, SelfTest, Files, Interrupted];

    /// <summary>Which end an exception stands for.</summary>
    public static ExitCode Of(Exception exception) => exception switch
    {
        UsageException => Usage,
        ModelFormatException or ModelInputException or NonFiniteException => Format,
        UnsupportedModelException => Unsupported,
        ModelNotFoundException or FileNotFoundException or DirectoryNotFoundException => NotFound,
        DeviceUnavailableException or DeviceMemoryException or DeviceLostException or OutOfMemoryException => Device,
        StoreCorruptException or RunRefusedException => Store,
        OperationCanceledException => Interrupted,
        IOException or UnauthorizedAccessException => Files,
        _ => Defect,
    };
}
