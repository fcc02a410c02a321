namespace Babel.Model.Decoding;

/// <summary>A sweep of one batch in one pass, as the run it is.</summary>
internal sealed class SingleRun(IProbeSink? sink) : ISweepSink
{
    public ForwardResult Result { get; private set; } = new();

    public IProbeSink? Probe(int pass, int batch) => sink;

    public void OnResult(int pass, int batch, ForwardResult result) => Result = result;

    public void OnLayerDone(int layer)
    {
    }

    public void OnProgress(long rows)
    {
    }
}
