using Babel.Kernels.Diagnostics.Bench;
using Xunit;

namespace Babel.Kernels.Tests.Bench;

public sealed class RaceTests
{
    [Fact]
    public void Timing_IsTheMedianWithQuartiles()
    {
        var timing = Timing.Of([5, 1, 4, 2, 3]);
        Assert.Equal(new Timing(3, 2, 4, 5), timing);
        Assert.Equal(1 / 3.0, timing.Spread, 12);
        Assert.Throws<ArgumentException>(() => Timing.Of([]));
    }

    [Fact]
    public void Race_CountsRepeatsAndRounds_AndComparesNeighbours()
    {
        // A clock that only the racers move: a run of the first takes 1/64 s, of the second 3/64 s.
        double now = 0;
        int first = 0;
        var race = new Race(() => now) { LeastRounds = 4, Warmups = 1 };
        race.Run(1e-9, () => (now, first) = (now + (1 / 64.0), first + 1), () => now += 3 / 64.0);
        Assert.Equal(new Timing(1 / 64.0, 1 / 64.0, 1 / 64.0, 4), race.Time(0));
        Assert.Equal(3, race.Ratio(1, 0));
        Assert.Equal(1 + 1 + 1 + 4, first);
    }

    [Fact]
    public void Race_RepeatsWhatIsTooShortToRead()
    {
        double now = 0;
        var race = new Race(() => now) { LeastRounds = 3, Warmups = 0 };
        int runs = 0;
        race.Run(1e-9, () => (now, runs) = (now + (1.0 / (1 << 14)), runs + 1));
        Assert.Equal(1.0 / (1 << 14), race.Time(0).Median);

        // 2^-14 s: 32 of them are the first power of two to last a millisecond.
        Assert.Equal(1 + (1 + 2 + 4 + 8 + 16 + 32) + (3 * 32), runs);
    }

    [Fact]
    public void PairedRace_CancelsADrift()
    {
        // A machine that becomes slower by 1/64 s with every run: the basis takes that once, the racer three times.
        double now = 0, unit = 1;
        void Run(double share)
        {
            now += share * unit;
            unit += 1 / 64.0;
        }

        var race = new PairedRace(() => now) { LeastRounds = 5 };
        race.Run(1e-9, () => Run(1), () => Run(3), () => Run(1));
        Assert.Equal((3.0, 3.0, 3.0, 5), (race.Ratio(0).Median, race.Ratio(0).Low, race.Ratio(0).High, race.Ratio(0).Pairs));
        Assert.Equal(1, race.Ratio(1).Median);
        Assert.Equal(0, race.Ratio(1).Spread);
        Assert.Equal(11, race.Basis.Readings);
        Assert.InRange(race.Ratio(0).OfLeast, 3.001, 3.5);
    }

    [Fact]
    public void LeastSeconds_IsTheRoofline()
    {
        var ceilings = new DeviceCeilings(100, "", 10, "");
        Assert.Equal(2, ceilings.LeastSeconds(flop: 200e9, bytes: 5e9));
        Assert.Equal(3, ceilings.LeastSeconds(flop: 200e9, bytes: 30e9));
        var slow = new OperatorMeasurement("Linear", "", new Timing(4, 4, 4, 1), 200e9, 5e9, ceilings);
        Assert.Equal((50, 1.25, 0.5), (slow.Gflops, slow.Gigabytes, slow.OfCeiling));
    }
}
