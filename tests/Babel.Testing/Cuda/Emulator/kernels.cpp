// The kernels, compiled for the host, and their names; registry.inc is written by whoever builds this from the sources' KERNEL lines.
#define EMULATED_GPU
#include "words.h"
#include "tensor.h"
#include "hopper.h"
#include "registry.h"
#include "babel.cu"
#include "tensor.cu"
#include "hopper.cu"

emulator::Exchange emulator::exchange;
emulator::Copies emulator::copies[emulator::most_threads];
emulator::Groups emulator::groups[emulator::most_threads];
emulator::ByteBarrier emulator::byte_barriers[232448 / 8];

#define KERNEL_ENTRY(name) emulator::named<&name>(#name),

const emulator::Kernel emulator::kernels[] = {
#include "registry.inc"
};
const int emulator::kernel_count = sizeof(emulator::kernels) / sizeof(emulator::kernels[0]);
