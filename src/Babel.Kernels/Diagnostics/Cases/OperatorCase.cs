namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>One row of the operator table.</summary>
/// <param name="Operator">The operator, as <see cref="IOps"/> names it.</param>
/// <param name="Name">Sizes and options.</param>
/// <param name="Body">Makes operands, calls the operator once, and states bounds; does the same on every device.</param>
internal sealed record OperatorCase(string Operator, string Name, Action<CaseBench> Body)
{
    /// <summary>Its own random numbers, the same on every run and platform.</summary>
    public int Seed
    {
        get
        {
            int hash = 17;
            foreach (char c in Operator + Name) hash = unchecked((hash * 31) + c);
            return hash;
        }
    }
}
