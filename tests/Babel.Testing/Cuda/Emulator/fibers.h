// Threads of one block as fibers on one host thread: each has a stack, runs until it has to wait, and is resumed when what it waits for has come.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

constexpr int most_threads = 1024;

// Something fibers wait for: every arrival of all moves its phase on.
struct Barrier
{
    unsigned expected = 0;
    unsigned arrived = 0;
    unsigned phase = 0;
};

struct Launch
{
    unsigned grid[3];
    unsigned threads;
    unsigned shared_bytes;
    void (*run)(void** arguments);
    void** arguments;
};

enum class Outcome { done, out_of_bounds, violation, deadlock };

// Coordinates of the running fiber, as the special registers of the device hold them.
extern unsigned thread_index, block_index[3], grid_size[3], block_size;

// Dynamic shared memory of the running block, filled with NaN before the block begins.
extern unsigned char* dynamic_shared;
extern unsigned dynamic_shared_bytes;

// A number no other block has.
extern unsigned long block_serial;

// Suspends the running fiber until the phase of `barrier` is no longer `phase`.
void wait_while(const Barrier& barrier, unsigned phase);

// Arrives; waits for all others.
void arrive_and_wait(Barrier& barrier);

// Arrives `count` times without waiting.
void arrive(Barrier& barrier, unsigned count);

// Lets the other fibers go on for a round.
void step_aside();

// Ends the launch: the kernel did what the device forbids.
[[noreturn]] void violation(const char* what);

// Whether asynchronous copies are made as soon as they may be, or as late: with the reversed order of threads, and without.
bool copies_are_early();

// The barriers of the running block, its warps, and its groups of four warps.
Barrier& of_block();
Barrier& of_warp();
Barrier& of_warpgroup();

// Those that bar.sync and bar.arrive name; how many threads they are for, whoever uses them says.
constexpr int named_barriers = 16;
Barrier& of_name(int barrier);

// Runs every block of a launch, one after the other. In which order the threads of a block begin is chosen by `reversed`: a result that changes
// with it lacks a barrier.
Outcome run(const Launch& launch, bool reversed);

// Whether an address belongs to memory whose faults are the kernel's: asked when a kernel touched what is not mapped.
bool is_device_address(const void* address);

}
