// The 16 lanes of each instruction set.
global using WideAvx2 = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes8>;
global using WideAvx512 = Babel.Kernels.Cpu.Simd.Lanes16;
global using WideScalar = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes1>>>>;
global using WideVector128 = Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Twin<Babel.Kernels.Cpu.Simd.Lanes4>>;
