#include "fibers.h"
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>

extern "C" __attribute__((weak)) unsigned char __start_emulated_shared[];
extern "C" __attribute__((weak)) unsigned char __stop_emulated_shared[];

namespace emulator {

unsigned thread_index, block_index[3], grid_size[3], block_size;
unsigned char* dynamic_shared;
unsigned dynamic_shared_bytes;
unsigned long block_serial;

namespace {

constexpr size_t stack_bytes = 256 << 10;
constexpr unsigned most_shared = 232448;

struct Fiber
{
#if defined(__x86_64__)
    void* stack_pointer;
#else
    ucontext_t context;
#endif
    const Barrier* waits_for;
    unsigned phase;
    bool done;
};

Fiber fibers[most_threads];
unsigned char* stacks;
#if defined(__x86_64__)
void* scheduler_pointer;
#else
ucontext_t scheduler_context;
#endif
Barrier block_barrier, warp_barriers[most_threads / 32], warpgroup_barriers[most_threads / 128], barriers_by_name[named_barriers];
const Launch* running;
unsigned long progress;
bool reversed_order;
sigjmp_buf fault_exit;
struct sigaction previous_action;

#if defined(__x86_64__)

// swapcontext asks the kernel for the signal mask twice; a switch between fibers of one thread needs the six registers a callee keeps.
extern "C" void emulator_switch(void** save, void* to);
asm(R"(
.text
.hidden emulator_switch
.globl emulator_switch
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");

void to_scheduler() { emulator_switch(&fibers[thread_index].stack_pointer, scheduler_pointer); }
void to_fiber(Fiber& fiber) { emulator_switch(&scheduler_pointer, fiber.stack_pointer); }

void fiber_main()
{
    running->run(running->arguments);
    fibers[thread_index].done = true;
    progress++;
    to_scheduler();
}

void prepare(Fiber& fiber, unsigned char* stack)
{
    // What emulator_switch pops: six registers, then the return address. A function begins 8 bytes off a multiple of 16, as after a call.
    void** top = (void**)(stack + stack_bytes) - 3;
    *--top = (void*)&fiber_main;
    for (int i = 0; i < 6; i++) *--top = nullptr;
    fiber.stack_pointer = top;
}

#else

void to_scheduler() { swapcontext(&fibers[thread_index].context, &scheduler_context); }
void to_fiber(Fiber& fiber) { swapcontext(&scheduler_context, &fiber.context); }

void fiber_main()
{
    running->run(running->arguments);
    fibers[thread_index].done = true;
    progress++;
    to_scheduler();
}

void prepare(Fiber& fiber, unsigned char* stack)
{
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = stack;
    fiber.context.uc_stack.ss_size = stack_bytes;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, &fiber_main, 0);
}

#endif

void reset(Barrier& barrier, unsigned expected) { barrier = Barrier{expected, 0, 0}; }

void poison_shared()
{
    // NaN in every float, and no sensible index in any int.
    if (__start_emulated_shared != nullptr) memset(__start_emulated_shared, 0xFF, __stop_emulated_shared - __start_emulated_shared);
    memset(dynamic_shared, 0xFF, dynamic_shared_bytes);
}

bool run_block(const Launch& launch, bool reversed)
{
    unsigned threads = launch.threads;
    block_serial++;
    reset(block_barrier, threads);
    for (unsigned w = 0; w * 32 < threads; w++) reset(warp_barriers[w], threads - w * 32 < 32 ? threads - w * 32 : 32);
    for (unsigned g = 0; g * 128 < threads; g++) reset(warpgroup_barriers[g], threads - g * 128 < 128 ? threads - g * 128 : 128);
    for (Barrier& barrier : barriers_by_name) reset(barrier, 0);
    poison_shared();
    for (unsigned t = 0; t < threads; t++)
    {
        fibers[t].done = false;
        fibers[t].waits_for = nullptr;
        prepare(fibers[t], stacks + t * stack_bytes);
    }

    unsigned left = threads;
    while (left > 0)
    {
        unsigned long before = progress;
        for (unsigned i = 0; i < threads; i++)
        {
            Fiber& fiber = fibers[reversed ? threads - 1 - i : i];
            if (fiber.done || (fiber.waits_for != nullptr && fiber.waits_for->phase == fiber.phase)) continue;
            fiber.waits_for = nullptr;
            thread_index = (unsigned)(&fiber - fibers);
            to_fiber(fiber);
            if (fiber.done) left--;
        }

        // Nobody came further in a whole round: some wait for threads that have left, or for a copy nobody started.
        if (progress == before) return false;
    }

    return true;
}

void on_fault(int signal, siginfo_t* info, void* context)
{
    if (is_device_address(info->si_addr)) siglongjmp(fault_exit, (int)Outcome::out_of_bounds);
    if (previous_action.sa_flags & SA_SIGINFO) previous_action.sa_sigaction(signal, info, context);
    else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) previous_action.sa_handler(signal);
    else
    {
        sigaction(signal, &previous_action, nullptr);
        raise(signal);
    }
}

Outcome run_blocks(const Launch& launch, bool reversed)
{
    for (unsigned z = 0; z < launch.grid[2]; z++)
    {
        for (unsigned y = 0; y < launch.grid[1]; y++)
        {
            for (unsigned x = 0; x < launch.grid[0]; x++)
            {
                block_index[0] = x;
                block_index[1] = y;
                block_index[2] = z;
                if (!run_block(launch, reversed)) return Outcome::deadlock;
            }
        }
    }

    return Outcome::done;
}

}

void wait_while(const Barrier& barrier, unsigned phase)
{
    if (barrier.phase != phase) return;
    fibers[thread_index].waits_for = &barrier;
    fibers[thread_index].phase = phase;
    to_scheduler();
}

void step_aside()
{
    progress++;
    to_scheduler();
}

void violation(const char* what)
{
    fprintf(stderr, "emulator: %s\n", what);
    siglongjmp(fault_exit, (int)Outcome::violation);
}

bool copies_are_early() { return reversed_order; }

void arrive(Barrier& barrier, unsigned count)
{
    progress++;
    barrier.arrived += count;
    if (barrier.arrived < barrier.expected) return;
    barrier.arrived = 0;
    barrier.phase++;
}

void arrive_and_wait(Barrier& barrier)
{
    unsigned phase = barrier.phase;
    arrive(barrier, 1);
    wait_while(barrier, phase);
}

Barrier& of_block() { return block_barrier; }
Barrier& of_warp() { return warp_barriers[thread_index / 32]; }
Barrier& of_warpgroup() { return warpgroup_barriers[thread_index / 128]; }
Barrier& of_name(int barrier) { return barriers_by_name[barrier]; }

Outcome run(const Launch& launch, bool reversed)
{
    if (stacks == nullptr)
    {
        stacks = (unsigned char*)mmap(nullptr, most_threads * stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        dynamic_shared = (unsigned char*)mmap(nullptr, most_shared, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }

    running = &launch;
    reversed_order = reversed;
    memcpy(grid_size, launch.grid, sizeof grid_size);
    block_size = launch.threads;
    dynamic_shared_bytes = launch.shared_bytes;

    // On the fiber's own stack: the alternate stack of the thread is the runtime's.
    struct sigaction action = {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous_action);
    int fault = sigsetjmp(fault_exit, 1);
    Outcome outcome = fault == 0 ? run_blocks(launch, reversed) : (Outcome)fault;
    sigaction(SIGSEGV, &previous_action, nullptr);
    return outcome;
}

}
