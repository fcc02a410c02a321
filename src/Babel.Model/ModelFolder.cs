using Babel.Model.Decoding;
using Babel.Model.Families;
using Babel.Model.Files;

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

    /// <summary>Checks that weight files hold the tensors the configuration asks for, in their shapes and in types that are computed with; no weight is read.</summary>
    /// <param name="folder">A resolved folder.</param>
    /// <param name="weights">Its files.</param>
    /// <exception cref="Errors.ModelFormatException">Configuration and weights do not fit each other.</exception>
    /// <exception cref="Errors.UnsupportedModelException">A tensor has a type that is not computed with.</exception>
    public static void Check(string folder, Checkpoint weights)
    {
        var definition = FamilyRegistry.Read(folder);
        var names = new WeightNames(weights, definition);
        names.Check();
        WeightForms.Check(names, definition);
    }
}
