// The test command: dotnet run eng/test.cs [-- --filter EXPRESSION]
// Builds the solution, runs every test project with coverage, and prints failures, skips by reason, and a coverage table.
// Its last line is always "N passed, N failed, N skipped"; the exit code is 1 when something failed.
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
#:property RestoreLockedMode=false

using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

string root = FindRoot();
string results = Path.Combine(root, "artifacts", "test-results");
if (Directory.Exists(results)) Directory.Delete(results, recursive: true);
Directory.CreateDirectory(results);

if (Run(Path.Combine(results, "build.log"), _ => false, "build", "Babel.sln", "-c", "Release", "-m:2", "-nologo", "-v:q") != 0)
{
    var errors = File.ReadLines(Path.Combine(results, "build.log")).Where(l => l.Contains("error", StringComparison.Ordinal));
    foreach (string line in errors.Distinct(StringComparer.Ordinal).Take(40)) Console.WriteLine(line);
    Console.WriteLine("the build failed, which counts as one failure");
    Console.WriteLine("0 passed, 1 failed, 0 skipped");
    return 1;
}

Console.WriteLine("built; testing");
string[] command =
[
    // One project at a time: several of them measure threads, and interleaved output helps nobody.
    "test", "Babel.sln", "-c", "Release", "--no-build", "-m:1", "-nologo", "--logger", "trx;LogFilePrefix=tests",
    "--results-directory", results, "--collect", "XPlat Code Coverage", "--settings", Path.Combine(root, "eng", "coverage.runsettings"),
    .. args,
];
int code = Run(Path.Combine(results, "test.log"), IsSummary, command);

var outcomes = Directory.EnumerateFiles(results, "*.trx").Order(StringComparer.Ordinal).SelectMany(ReadTrx).ToList();
var failed = outcomes.Where(o => o.Result == "Failed").ToList();
var skipped = outcomes.Where(o => o.Result == "NotExecuted").ToList();
int passed = outcomes.Count(o => o.Result == "Passed");
int broken = failed.Count;

foreach (var failure in failed) Console.WriteLine($"\nFAILED {failure.Name}\n{failure.Message}");
if (code != 0 && failed.Count == 0)
{
    broken = 1;
    Console.WriteLine($"\nFAILED the test run itself, exit code {code}; the end of its log:");
    foreach (string line in File.ReadLines(Path.Combine(results, "test.log")).TakeLast(25)) Console.WriteLine("  " + line);
}

if (skipped.Count > 0) Console.WriteLine("\nSkipped:");
foreach (var group in skipped.GroupBy(s => s.Message, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
{
    Console.WriteLine($"  {group.Count()} x {group.Key.ReplaceLineEndings(" ")}");
    foreach (string name in group.Select(s => s.Name).Distinct(StringComparer.Ordinal).Take(3)) Console.WriteLine($"      {name}");
}

PrintCoverage();
Console.WriteLine();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {broken} failed, {skipped.Count} skipped"));
return broken > 0 ? 1 : 0;

static string FindRoot()
{
    string? here = AppContext.GetData("EntryPointFileDirectoryPath") as string ?? Directory.GetCurrentDirectory();
    while (here is not null && !File.Exists(Path.Combine(here, "Babel.sln"))) here = Path.GetDirectoryName(here);
    return here ?? throw new DirectoryNotFoundException("Babel.sln was not found above this program");
}

static bool IsSummary(string line) => line.StartsWith("Passed!", StringComparison.Ordinal)
    || line.StartsWith("Failed!", StringComparison.Ordinal) || line.StartsWith("Skipped!", StringComparison.Ordinal);

int Run(string log, Func<string, bool> show, params string[] arguments)
{
    var start = new ProcessStartInfo("dotnet")
    {
        WorkingDirectory = root,
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
    foreach (string argument in arguments) start.ArgumentList.Add(argument);
    // Nodes and compiler servers that outlive the command would keep files of this folder open.
    start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
    start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
    start.Environment["DOTNET_NOLOGO"] = "1";
    using var writer = TextWriter.Synchronized(new StreamWriter(log));
    using var process = Process.Start(start)!;
    void Take(string? line)
    {
        if (line is null) return;
        writer.WriteLine(line);
        if (show(line)) Console.WriteLine(line);
    }

    process.OutputDataReceived += (_, e) => Take(e.Data);
    process.ErrorDataReceived += (_, e) => Take(e.Data);
    process.BeginOutputReadLine();
    process.BeginErrorReadLine();
    process.WaitForExit();
    return process.ExitCode;
}

static IEnumerable<(string Name, string Result, string Message)> ReadTrx(string path)
{
    foreach (var test in XDocument.Load(path).Descendants().Where(e => e.Name.LocalName == "UnitTestResult"))
    {
        string result = test.Attribute("outcome")?.Value ?? "Failed";
        string Text(string name) => test.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim() ?? "";
        string message = result == "Failed" ? $"{Text("Message")}\n{Text("StackTrace")}" : Text("Message");
        yield return (test.Attribute("testName")?.Value ?? "?", result, message.Length > 0 ? message : Text("StdOut"));
    }
}

void PrintCoverage()
{
    // A line is covered when any test project reached it; files of one folder make one row.
    var lines = new Dictionary<(string File, int Line), bool>();
    foreach (string report in Directory.EnumerateFiles(results, "coverage.cobertura.xml", SearchOption.AllDirectories))
    {
        var document = XDocument.Load(report);
        string source = document.Descendants("source").FirstOrDefault()?.Value ?? "";
        foreach (var type in document.Descendants("class"))
        {
            string file = Path.GetRelativePath(root, Path.Combine(source, type.Attribute("filename")!.Value)).Replace('\\', '/');
            foreach (var line in type.Element("lines")!.Elements("line"))
            {
                var key = (file, int.Parse(line.Attribute("number")!.Value, CultureInfo.InvariantCulture));
                lines[key] = lines.GetValueOrDefault(key) || line.Attribute("hits")!.Value != "0";
            }
        }
    }

    if (lines.Count == 0) return;
    Console.WriteLine("\nCoverage                                  lines  covered");
    foreach (var folder in lines.GroupBy(l => Path.GetDirectoryName(l.Key.File)!, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        Console.WriteLine(Row(folder.Key, folder.Count(), folder.Count(l => l.Value)));
    Console.WriteLine(Row("total", lines.Count, lines.Values.Count(hit => hit)));
    // The collector drops an assembly it cannot instrument without a word.
    foreach (string library in new[] { "src/Babel.Model/", "src/Babel.Analysis/" })
    {
        if (!lines.Keys.Any(l => l.File.StartsWith(library, StringComparison.Ordinal)))
            Console.WriteLine($"{library} was not measured: the collector could not instrument it");
    }
}

static string Row(string name, int count, int hit) =>
    string.Create(CultureInfo.InvariantCulture, $"{name,-40}{count,7}{100.0 * hit / count,8:F1}%");
