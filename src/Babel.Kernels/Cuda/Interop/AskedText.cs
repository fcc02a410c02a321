using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>What was asked of the driver, put into words only when the call failed: a launch allocates nothing for its message.</summary>
[InterpolatedStringHandler]
internal ref struct AskedText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins a text where <paramref name="status"/> is an error.</summary>
    public AskedText(int literalLength, int formattedCount, CudaStatus status, out bool failed)
    {
        failed = status != CudaStatus.Success;
        _text = failed ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    /// <summary>Appends a part of the text.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Appends a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>The text.</summary>
    public string Take() => _text.ToStringAndClear();
}
