using Babel.Model.Families;

namespace Babel.Model;

/// <summary>What a model folder says about itself, read without its weights.</summary>
public static class ModelFolder
{
    /// <summary>The form of the model that <c>config.json</c> describes.</summary>
    /// <param name="folder">A resolved folder.</param>
    /// <exception cref="Errors.ModelNotFoundException">There is no configuration.</exception>
    /// <exception cref="Errors.ModelFormatException">The configuration is malformed.</exception>
    /// <exception cref="Errors.UnsupportedModelException">The family, or a key of the configuration, is not supported; the message names it.</exception>
    public static DecoderSpec ReadSpec(string folder) => FamilyRegistry.Read(folder).Spec;
}
