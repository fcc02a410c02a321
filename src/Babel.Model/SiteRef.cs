namespace Babel.Model;

/// <summary>A site of one layer.</summary>
/// <param name="Site">The place.</param>
/// <param name="Layer">The block, from 0; -1 for <see cref="Site.Embed"/>, <see cref="Site.FinalNorm"/> and <see cref="Site.Logits"/>.</param>
public readonly record struct SiteRef(Site Site, int Layer)
{
    /// <summary>Whether the site stands outside the blocks.</summary>
    public bool IsGlobal => Site is Site.Embed or Site.FinalNorm or Site.Logits;

    /// <inheritdoc/>
    public override string ToString() => IsGlobal ? $"{Site}" : $"{Site}.{Layer}";
}
