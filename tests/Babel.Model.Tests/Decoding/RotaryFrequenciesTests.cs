using Babel.Model.Decoding;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>Llama 3's bands by hand: head of 8, theta 10000, so the plain frequencies are 1, 0.1, 0.01, 0.001.</summary>
public sealed class RotaryFrequenciesTests
{
    private static readonly RopeSpec Llama3 = new()
    {
        Width = 8,
        Theta = 10000,
        Scaling = RopeScaling.Llama3,
        Factor = 8,
        OriginalLength = 1000,
        LowFrequencyFactor = 1,
        HighFrequencyFactor = 4,
    };

    [Fact]
    public void Llama3_ShortWavesStay_LongOnesAreDivided_ThoseBetweenAreBlended()
    {
        // Wavelengths 2 pi/f: 6.28, 62.8, 628.3, 6283; kept below 1000/4 = 250, divided above 1000/1 = 1000.
        double[] f = RotaryFrequencies.Of(Llama3, 0);
        Assert.Equal(1, f[0], 1e-15);
        Assert.Equal(0.1, f[1], 1e-15);
        Assert.Equal(0.001 / 8, f[3], 1e-15);

        // 1000 / 628.318530717959 = 1.591549430918954; smooth = 0.591549430918954 / 3 = 0.197183143639651.
        Assert.Equal((0.802816856360349 * 0.01 / 8) + (0.197183143639651 * 0.01), f[2], 1e-15);
    }

    [Fact]
    public void Llama3_OfAnyLength_IsTheSame() => Assert.Equal(RotaryFrequencies.Of(Llama3, 0), RotaryFrequencies.Of(Llama3, 5000));

    [Fact]
    public void Dynamic_WithinTheLength_IsPlain_AndBeyondStretchesTheBase()
    {
        var rope = Llama3 with { Scaling = RopeScaling.Dynamic, Factor = 2, OriginalLength = 100 };
        double[] plain = [1, 0.1, 0.01, 0.001];
        double[] within = RotaryFrequencies.Of(rope, 100), beyond = RotaryFrequencies.Of(rope, 150);

        // theta (2 * 150/100 - 1)^(8/6) = 10000 * 2^(4/3)
        double theta = 10000 * Math.Cbrt(16);
        for (int j = 0; j < 4; j++)
        {
            Assert.Equal(plain[j], within[j], 1e-12);
            Assert.Equal(Math.Pow(theta, -j / 4.0), beyond[j], 1e-12);
        }
    }
}
