using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <content>What goes off: the matrices and factors of <see cref="QkDelta{TV}"/>.</content>
internal unsafe ref partial struct QkPass<TV>
{
    /// <summary>The matrices of the keys; the sums begin at 0, and the ranges with no key.</summary>
    private readonly void FillMatrices(in Side side)
    {
        new Span<float>(side.Sums, 2 * _dims).Clear();
        new Span<float>(side.Range, 7 * _dims).Clear();
        for (int i = 0; i < 6; i += 3)
        {
            new Span<float>(side.Range + (i * _dims), _dims).Fill(float.PositiveInfinity);
            new Span<float>(side.Range + ((i + 1) * _dims), _dims).Fill(float.NegativeInfinity);
        }

        nint step = (nint)_length * TV.Count;
        for (int t = 0; t < _length; t++)
        {
            nint at = (nint)t * TV.Count;
            float* raw = side.Kind == QkSide.Key && _inputs.RawK is { } r ? Key(r, t) : null;
            if (side.Kind == QkSide.Key) Turned(Key(_inputs.K, t), raw, t, 1, side.First + at, side.Second + at, side.Third + at, step);
            else Paired(Key(_inputs.RotatedK, t), 1, side.First + at, side.Second + at, side.Third + at, step);
        }
    }

    /// <summary>The factors of query row <paramref name="t"/>, [3][d].</summary>
    private readonly void FillFactors(in Side side, int t, float scale, float* factors)
    {
        float* raw = side.Kind == QkSide.Query && _inputs.RawQ is { } r ? Query(r, t) : null;
        float* second = factors + _dims, third = second + _dims;
        if (side.Kind == QkSide.Query) Turned(Query(_inputs.Q, t), raw, t, scale, factors, second, third, TV.Count);
        else Paired(Query(_inputs.RotatedQ, t), scale, factors, second, third, TV.Count);
    }

    /// <summary>
    /// Of the head whose neurons go off: <c>rho x_a c</c>, <c>+- rho x_a s</c>, both times <paramref name="scale"/>, and <c>rho - 1</c>;
    /// 16 dimensions each <paramref name="step"/> floats.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Turned(float* own, float* raw, int t, float scale, float* first, float* second, float* third, nint step)
    {
        float* cos = null;
        float* sin = null;
        if (_inputs.Rotary is { } rotary)
        {
            int row = Operand.Ints(rotary.Rows)[_span.QueryStart + t];
            nint position = RowIndex.Checked(row, rotary.Cos.Shape.Rows, t, "QkScores: rotary rows");
            cos = Operand.Floats(rotary.Cos) + (position * _half);
            sin = Operand.Floats(rotary.Sin) + (position * _half);
        }

        if (raw != null || _half % TV.Count != 0 || _dims != _spec.HeadDim)
        {
            TurnedRow(own, raw, cos, sin);
            MoveRow(scale, first, second, third, step);
            return;
        }

        TV zero = TV.Create(0f), factor = TV.Create(scale);
        nint half = _half / TV.Count * step;
        for (int a = 0; a < _half; a += TV.Count, first += step, second += step)
        {
            TV x = factor * TV.Load(own + a), y = factor * TV.Load(own + _half + a), c = TV.Load(cos + a), sine = TV.Load(sin + a);
            TV.Store(x * c, first);
            TV.Store(x * sine, second);
            TV.Store(y * c, first + half);
            TV.Store(zero - (y * sine), second + half);
        }

        first += half;
        second += half;
        for (int a = 2 * _half; a < _dims; a += TV.Count, first += step, second += step)
        {
            TV.Store(factor * TV.Load(own + a), first);
            TV.Store(zero, second);
        }

        for (int a = 0; _general && a < _dims; a += TV.Count, third += step) TV.Store(zero, third);
    }

    /// <summary>Of the head that stays: <c>x'_a</c> and <c>x'_b</c>, both times <paramref name="scale"/>, and nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Paired(float* rotated, float scale, float* first, float* second, float* third, nint step)
    {
        if (_half % TV.Count != 0 || _dims != _spec.HeadDim)
        {
            PairedRow(rotated);
            MoveRow(scale, first, second, third, step);
            return;
        }

        TV zero = TV.Create(0f), factor = TV.Create(scale);
        for (int a = 0; a < _dims; a += TV.Count, first += step, second += step, third += step)
        {
            int partner = a < _half ? a + _half : a - _half;
            TV.Store(factor * TV.Load(rotated + a), first);
            TV.Store(a < 2 * _half ? factor * TV.Load(rotated + partner) : zero, second);
            if (_general) TV.Store(zero, third);
        }
    }

    /// <summary><see cref="Turned"/> into the working vectors, without the scale: a value at a time, for any head.</summary>
    private readonly void TurnedRow(float* own, float* raw, float* cos, float* sin)
    {
        float* turned = _row;
        float* crossed = _row + _dims;
        float* growth = _row + (2 * _dims);
        new Span<float>(growth, _dims).Clear();
        if (raw != null)
        {
            double all = SumOfSquares(raw);
            for (int a = 0; a < _spec.HeadDim; a++) growth[a] = Growth(all, raw[a]);
        }

        for (int a = 0; a < _spec.HeadDim; a++) (turned[a], crossed[a]) = (own[a] + (own[a] * growth[a]), 0);
        for (int a = 0; a < _half; a++)
        {
            float x = turned[a], y = turned[a + _half];
            (turned[a], crossed[a]) = (x * cos[a], x * sin[a]);
            (turned[a + _half], crossed[a + _half]) = (y * cos[a], -(y * sin[a]));
        }
    }

    /// <summary><see cref="Paired"/> into the working vectors, likewise.</summary>
    private readonly void PairedRow(float* rotated)
    {
        var head = new ReadOnlySpan<float>(rotated, _spec.HeadDim);
        head.CopyTo(new Span<float>(_row, _spec.HeadDim));
        var crossed = new Span<float>(_row + _dims, _spec.HeadDim);
        head[_half..(2 * _half)].CopyTo(crossed);
        head[.._half].CopyTo(crossed[_half..]);
        crossed[(2 * _half)..].Clear();
        new Span<float>(_row + (2 * _dims), _dims).Clear();
    }

    /// <summary>Moves the working vectors to where they belong.</summary>
    private readonly void MoveRow(float scale, float* first, float* second, float* third, nint step)
    {
        var factor = TV.Create(scale);
        for (int a = 0; a < _dims; a += TV.Count, first += step, second += step, third += step)
        {
            TV.Store(factor * TV.Load(_row + a), first);
            TV.Store(factor * TV.Load(_row + _dims + a), second);
            TV.Store(TV.Load(_row + (2 * _dims) + a), third);
        }
    }

    /// <summary>rho - 1: by how much the root mean square shrinks when one value goes.</summary>
    private readonly float Growth(double all, float value)
    {
        double before = (all / _spec.HeadDim) + _inputs.NormEpsilon, gone = (double)value * value / _spec.HeadDim;

        // sqrt(b/(b-g)) - 1 = g/(b-g) / (sqrt(b/(b-g)) + 1): digits kept where g is small.
        double rest = before - gone;
        return (float)(gone / rest / (Math.Sqrt(before / rest) + 1));
    }

    private readonly double SumOfSquares(float* x)
    {
        double sum = 0;
        for (int c = 0; c < _spec.HeadDim; c++) sum += (double)x[c] * x[c];
        return sum;
    }
}
