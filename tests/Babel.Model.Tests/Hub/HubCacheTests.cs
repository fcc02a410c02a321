using Babel.Model.Errors;
using Babel.Model.Hub;
using Xunit;

namespace Babel.Model.Tests.Hub;

public sealed class HubCacheTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void Find_Name_FollowsTheRefOfMain()
    {
        using var folder = Cache();
        Assert.EndsWith(Path.Combine("snapshots", Commit), In(folder).Find("org/name"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("org/name@main")]
    [InlineData("org/name@refs-like/branch")]
    [InlineData("org/name@" + Commit)]
    public void Find_NameAtRevision_FollowsRefOrCommit(string model)
    {
        using var folder = Cache();
        Assert.EndsWith(Path.Combine("snapshots", Commit), In(folder).Find(model), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("org/other", "huggingface-cli download org/other")]
    [InlineData("org/name@v2", "huggingface-cli download org/name --revision v2")]
    [InlineData("gpt2", "huggingface-cli download gpt2")]
    public void Find_ModelNotThere_SaysHowToDownloadIt(string model, string command)
    {
        using var folder = Cache();
        var error = Assert.Throws<ModelNotFoundException>(() => In(folder).Find(model));
        Assert.Contains(command, error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("org/name@../../..")]
    [InlineData("a/b/c")]
    [InlineData("org/na me")]
    [InlineData("")]
    public void Find_NoModelName_IsRefused(string model)
    {
        using var folder = Cache();
        Assert.Throws<ModelNotFoundException>(() => In(folder).Find(model));
    }

    [Fact]
    public void Find_RefThatLeadsElsewhere_IsRefused()
    {
        using var folder = Cache();
        File.WriteAllText(Path.Combine(folder.Path, "hub", "models--org--name", "refs", "main"), "../../../secret");
        Assert.Throws<ModelFormatException>(() => In(folder).Find("org/name"));
    }

    [Fact]
    public void Find_ExistingFolder_IsItself()
    {
        Assert.Equal(Path.GetFullPath(Fixtures.Golden("llama2")), new HubCache(_ => null).Find(Fixtures.Golden("llama2")));
        using var empty = new TemporaryFolder();
        Assert.Throws<ModelNotFoundException>(() => HubCache.Resolve(empty.Path));
    }

    [Fact]
    public void Folder_Variables_ComeInOrder()
    {
        static string Of(params (string Name, string Value)[] variables) =>
            new HubCache(name => variables.FirstOrDefault(v => v.Name == name).Value).Folder;
        var hub = ("HF_HUB_CACHE", "/a");
        var home = ("HF_HOME", "/b");
        var xdg = ("XDG_CACHE_HOME", "/c");
        var user = ("HOME", "/d");
        Assert.Equal("/a", Of(hub, home, xdg, user));
        Assert.Equal(Path.Combine("/b", "hub"), Of(home, xdg, user));
        Assert.Equal(Path.Combine("/c", "huggingface", "hub"), Of(xdg, user));
        Assert.Equal(Path.Combine("/d", ".cache", "huggingface", "hub"), Of(user));
    }

    private static HubCache In(TemporaryFolder folder) => new(name => name == "HF_HOME" ? folder.Path : null);

    private static TemporaryFolder Cache()
    {
        var folder = new TemporaryFolder();
        string repository = Path.Combine(folder.Path, "hub", "models--org--name");
        string snapshot = Path.Combine(repository, "snapshots", Commit);
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(Path.Combine(repository, "refs", "refs-like"));
        File.WriteAllText(Path.Combine(snapshot, "config.json"), "{}");
        File.WriteAllText(Path.Combine(repository, "refs", "main"), Commit + "\n");
        File.WriteAllText(Path.Combine(repository, "refs", "refs-like", "branch"), Commit);
        return folder;
    }
}
