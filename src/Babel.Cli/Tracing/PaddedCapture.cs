using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Cli.Tracing;

/// <summary>
/// Takes sites as the run computes them, packed, and puts every value back to where its token stands in the padded batch [B, T]:
/// [B, T, n], and [B, H, T, T] for <see cref="Site.Pattern"/>. Places of padding hold 0.
/// </summary>
internal sealed class PaddedCapture(LanguageModel model, Batch batch, int rows, int columns) : IProbeSink
{
    private readonly List<NamedTensor> _tensors = [];

    /// <summary>What was taken, in the order of the run; each tensor is named like its site: <c>Logits</c>, <c>MlpPost.3</c>.</summary>
    public IReadOnlyList<NamedTensor> Tensors => _tensors;

    /// <inheritdoc/>
    public void OnLayer(int layer, LayerProbe probe)
    {
    }

    /// <inheritdoc/>
    public void OnCapture(SiteRef site, TensorView values)
    {
        float[] packed = model.Device.ToFloats(values);
        _tensors.Add(site.Site == Site.Pattern ? Pattern(site, packed) : Rows(site, packed));
    }

    private NamedTensor Rows(SiteRef site, float[] packed)
    {
        int width = packed.Length / batch.Tokens;
        var padded = new float[checked((long)rows * columns * width)];
        for (int n = 0; n < batch.Tokens; n++)
        {
            var (row, column) = batch.Origin(n);
            packed.AsSpan(n * width, width).CopyTo(padded.AsSpan(((row * columns) + column) * width, width));
        }

        return NamedTensor.Of(site.ToString(), padded, rows, columns, width);
    }

    private NamedTensor Pattern(SiteRef site, float[] packed)
    {
        int heads = model.Spec.Heads;
        var padded = new float[checked((long)rows * heads * columns * columns)];
        int at = 0;
        foreach (var span in batch.Layout.Spans)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int q = 0; q < span.QueryLength; q++)
                {
                    var (row, column) = batch.Origin(span.QueryStart + q);
                    for (int k = 0; k < span.KeyLength; k++)
                    {
                        int keyColumn = batch.Origin(span.KeyStart + k).Column;
                        padded[((((row * heads) + h) * columns) + column) * columns + keyColumn] = packed[at++];
                    }
                }
            }
        }

        return NamedTensor.Of(site.ToString(), padded, rows, heads, columns, columns);
    }
}
