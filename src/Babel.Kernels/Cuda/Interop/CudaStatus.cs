namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// What a call of the driver returns: the codes of <c>CUresult</c> this program tells apart (CUDA Driver API, section "Data types").
/// Every other code keeps its number, and its name comes from the driver.
/// </summary>
internal enum CudaStatus
{
    /// <summary>No error.</summary>
    Success = 0,

    /// <summary>A parameter is out of range.</summary>
    InvalidValue = 1,

    /// <summary>No memory of the kind asked for.</summary>
    OutOfMemory = 2,

    /// <summary>cuInit was not called, or failed.</summary>
    NotInitialized = 3,

    /// <summary>The driver is shutting down.</summary>
    Deinitialized = 4,

    /// <summary>The library is a stub to link against, not a driver.</summary>
    StubLibrary = 34,

    /// <summary>Another process holds the device, or it is in a mode that forbids new contexts.</summary>
    DeviceUnavailable = 46,

    /// <summary>There is no device.</summary>
    NoDevice = 100,

    /// <summary>There is no device of that number.</summary>
    InvalidDevice = 101,

    /// <summary>The module has no code for this device.</summary>
    NoBinaryForGpu = 209,

    /// <summary>A memory error that could not be mended.</summary>
    EccUncorrectable = 214,

    /// <summary>The driver cannot read this PTX.</summary>
    InvalidPtx = 218,

    /// <summary>An NVLink error that could not be mended.</summary>
    NvlinkUncorrectable = 220,

    /// <summary>The driver has no PTX compiler.</summary>
    JitCompilerNotFound = 221,

    /// <summary>The PTX is newer than the driver.</summary>
    UnsupportedPtxVersion = 222,

    /// <summary>A fault of memory or of a link that the device contained.</summary>
    Contained = 226,

    /// <summary>What was asked about is not done yet; no error.</summary>
    NotReady = 600,

    /// <summary>A kernel read or wrote where nothing is.</summary>
    IllegalAddress = 700,

    /// <summary>The display watchdog ended a kernel.</summary>
    LaunchTimeout = 702,

    /// <summary>The context was destroyed, or its device fell off.</summary>
    ContextIsDestroyed = 709,

    /// <summary>An assertion in a kernel.</summary>
    Assert = 710,

    /// <summary>A kernel's call stack overflowed.</summary>
    HardwareStackError = 714,

    /// <summary>A kernel met an instruction the device does not have.</summary>
    IllegalInstruction = 715,

    /// <summary>A kernel read or wrote at an address that is not aligned.</summary>
    MisalignedAddress = 716,

    /// <summary>An instruction met an address of the wrong space.</summary>
    InvalidAddressSpace = 717,

    /// <summary>A kernel ran out of its code.</summary>
    InvalidProgramCounter = 718,

    /// <summary>A kernel failed in another way.</summary>
    LaunchFailed = 719,

    /// <summary>A kernel left tensor memory behind.</summary>
    TensorMemoryLeak = 721,

    /// <summary>The kernel driver and the library are of different versions.</summary>
    SystemDriverMismatch = 803,

    /// <summary>The library is newer than this device's kernel driver allows.</summary>
    CompatNotSupportedOnDevice = 804,

    /// <summary>The service that shares the device between processes ended this one.</summary>
    MpsClientTerminated = 809,

    /// <summary>A fault outside of CUDA reached the device's work.</summary>
    ExternalDevice = 911,

    /// <summary>Nothing more is known.</summary>
    Unknown = 999,
}
