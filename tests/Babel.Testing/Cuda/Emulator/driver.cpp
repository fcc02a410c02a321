// A CUDA driver whose device is this processor: the entry points the program calls, kernels compiled for the host, memory with guards around
// every block, and faults on demand. Kernels run at once. What the host may learn of it is another matter: a device that stays behind
// (emulator_stay_behind) comes to nothing until it is waited for, copies to the host arrive only then, and waits are counted.
#include "fibers.h"
#include "registry.h"
#include "tensor_map.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <vector>

using emulator::Kernel;

namespace {

enum Status
{
    success = 0, invalid_value = 1, out_of_memory = 2, not_initialized = 3, no_device = 100, invalid_device = 101, invalid_image = 200,
    invalid_context = 201, no_binary_for_gpu = 209, unsupported_ptx_version = 222, invalid_handle = 400, not_found = 500, not_ready = 600, illegal_address = 700, launch_out_of_resources = 701,
    launch_timeout = 702,
};

constexpr size_t page = 4096;

struct Block
{
    size_t bytes;
    unsigned char* mapping;
    size_t mapped;
};

struct Module
{
    std::string ptx;
    std::vector<struct Function*> functions;
};

struct Function
{
    const Kernel* kernel;
    unsigned most_threads;
    unsigned allowed_shared;
};

// A mark: everything enqueued up to `at` comes before it.
struct Event
{
    long at;
};

// A copy between host and device that the host must not be seen to know about yet.
struct Copy
{
    long at;
    bool to_host;
    unsigned char* host;
    std::vector<unsigned char> bytes;
};

std::recursive_mutex gate;
std::map<uintptr_t, Block> blocks;
std::map<uintptr_t, size_t> host_blocks;
size_t memory = (size_t)8 << 30, used;
int capability = 90, devices = 1;
Status lost = success;
long calls, fail_every, fail_at;
Status fail_with = success;
bool reversed_order;
int refused_target;
std::string broken_kernels;
long handles, contexts;
thread_local bool has_context;
long enqueued, completed, waits, launches;
bool stays_behind;
std::vector<Copy> copies;

// Every entry point begins so: a call may be chosen to fail, and a lost context answers nothing else any more.
Status enter()
{
    calls++;
    if (lost != success) return lost;
    if (fail_with == success) return success;
    if ((fail_every > 0 && calls % fail_every == 0) || (fail_at > 0 && calls == fail_at))
    {
        if (fail_with >= illegal_address && fail_with != launch_out_of_resources) lost = fail_with;
        return fail_with;
    }

    return success;
}

void complete(long until)
{
    if (until <= completed) return;
    completed = until;
    std::erase_if(copies, [](const Copy& copy)
    {
        if (copy.at > completed) return false;
        if (copy.to_host) memcpy(copy.host, copy.bytes.data(), copy.bytes.size());
        else if (memcmp(copy.host, copy.bytes.data(), copy.bytes.size()) != 0)
        {
            fprintf(stderr, "emulator: memory of the host was written while the device had still to read it\n");
            lost = illegal_address;
        }

        return true;
    });
}

void put_into_stream()
{
    enqueued++;
    if (!stays_behind) complete(enqueued);
}

// What waits for everything, or for a mark.
void wait_for(long until)
{
    if (until <= completed) return;
    waits++;
    complete(until);
}

// Shared memory a block may have, by compute capability (CUDA C++ Programming Guide, technical specifications).
int most_shared()
{
    if (capability >= 90) return 232448;
    return capability == 80 ? 166912 : capability > 80 ? 101376 : capability == 75 ? 65536 : 98304;
}

#define ENTER() std::lock_guard<std::recursive_mutex> guard(gate); if (Status status = enter(); status != success) return status
#define ENTER_CONTEXT() ENTER(); if (!has_context) return invalid_context

const Block* block_of(uintptr_t address, size_t bytes)
{
    auto next = blocks.upper_bound(address);
    if (next == blocks.begin()) return nullptr;
    auto found = std::prev(next);
    return address + bytes <= found->first + found->second.bytes ? &found->second : nullptr;
}

// "name(" ... ")" after ".entry": the sizes of the parameters the PTX declares.
bool read_entry(const std::string& ptx, const char* name, std::vector<size_t>& sizes, unsigned& most_threads)
{
    std::string head = std::string(".entry ") + name + "(";
    size_t start = ptx.find(head);
    if (start == std::string::npos) return false;
    size_t end = ptx.find(')', start);
    std::string_view text(ptx.data() + start, end - start);
    for (size_t at = text.find(".param"); at != std::string_view::npos; at = text.find(".param", at + 1))
    {
        std::string_view rest = text.substr(at + 7);
        size_t line = rest.find('\n');
        if (size_t open = rest.find('['); open != std::string_view::npos && open < line) sizes.push_back(strtoul(rest.data() + open + 1, nullptr, 10));
        else sizes.push_back(strtoul(rest.data() + 2, nullptr, 10) / 8);
    }

    size_t body = ptx.find('{', end), limit = ptx.find(".maxntid", end);
    most_threads = limit < body ? strtoul(ptx.data() + limit + 8, nullptr, 10) : 1024;
    return true;
}

}

bool emulator::is_device_address(const void* address)
{
    // The pages before and after a block belong to it: they are there to be run into.
    for (const auto& [start, block] : blocks)
    {
        if (address >= block.mapping && address < block.mapping + block.mapped) return true;
    }

    return false;
}

extern "C" {

// Control, for tests.

void emulator_reset(int new_capability, size_t new_memory, int new_devices)
{
    std::lock_guard<std::recursive_mutex> guard(gate);
    capability = new_capability;
    memory = new_memory;
    devices = new_devices;
    lost = success;
    calls = fail_every = fail_at = 0;
    fail_with = success;
    reversed_order = false;
    refused_target = 0;
    stays_behind = false;
    complete(enqueued);
    waits = launches = 0;
    broken_kernels.clear();
}

// Every n-th call from now on returns `code`; codes from 700 on are sticky.
void emulator_fail_every(long n, int code)
{
    calls = 0;
    fail_every = n;
    fail_at = 0;
    fail_with = (Status)code;
}

// The n-th call from now on returns `code`.
void emulator_fail_at(long n, int code)
{
    calls = 0;
    fail_every = 0;
    fail_at = n;
    fail_with = (Status)code;
}

void emulator_reverse_threads(int reversed) { reversed_order = reversed != 0; }

// PTX for this target is refused, as by a driver that is too old for it.
void emulator_refuse_target(int target) { refused_target = target; }

// Kernels whose names begin so do nothing.
void emulator_break_kernels(const char* prefix) { broken_kernels = prefix; }

long emulator_calls() { return calls; }

// From now on the device comes to nothing by itself.
void emulator_stay_behind(int behind)
{
    std::lock_guard<std::recursive_mutex> guard(gate);
    complete(enqueued);
    stays_behind = behind != 0;
    waits = launches = 0;
}

// How often the host has waited for a device that stays behind, and how many kernels it has launched.
long emulator_waits() { return waits; }

long emulator_launches() { return launches; }

// What was created and not released: contexts, modules, streams, events, blocks of memory.
long emulator_live() { return handles + contexts + (long)blocks.size() + (long)host_blocks.size(); }

// The driver.

Status cuInit(unsigned) { ENTER(); return devices > 0 ? success : no_device; }

Status cuDriverGetVersion(int* version) { ENTER(); *version = 12040; return success; }

Status cuGetErrorName(Status status, const char** name)
{
    switch (status)
    {
        case success: *name = "CUDA_SUCCESS"; break;
        case invalid_value: *name = "CUDA_ERROR_INVALID_VALUE"; break;
        case out_of_memory: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
        case no_device: *name = "CUDA_ERROR_NO_DEVICE"; break;
        case invalid_device: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
        case invalid_context: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
        case not_found: *name = "CUDA_ERROR_NOT_FOUND"; break;
        case unsupported_ptx_version: *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"; break;
        case illegal_address: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
        case launch_out_of_resources: *name = "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"; break;
        case launch_timeout: *name = "CUDA_ERROR_LAUNCH_TIMEOUT"; break;
        default: *name = nullptr; return invalid_value;
    }

    return success;
}

Status cuDeviceGetCount(int* count) { ENTER(); *count = devices; return success; }

Status cuDeviceGet(int* device, int ordinal)
{
    ENTER();
    if (ordinal < 0 || ordinal >= devices) return invalid_device;
    *device = ordinal;
    return success;
}

Status cuDeviceGetName(char* name, int room, int) { ENTER(); snprintf(name, room, "Emulated GPU"); return success; }

Status cuDeviceTotalMem_v2(size_t* bytes, int) { ENTER(); *bytes = memory; return success; }

Status cuDeviceGetAttribute(int* value, int attribute, int)
{
    ENTER();
    switch (attribute)
    {
        case 16: *value = 4; break;
        case 75: *value = capability / 10; break;
        case 76: *value = capability % 10; break;
        case 97: *value = most_shared(); break;
        default: return invalid_value;
    }

    return success;
}

Status cuDevicePrimaryCtxRetain(void** context, int)
{
    ENTER();
    contexts++;
    *context = (void*)&contexts;
    return success;
}

Status cuDevicePrimaryCtxRelease_v2(int) { contexts--; ENTER(); return success; }

Status cuCtxSetCurrent(void* context) { ENTER(); has_context = context != nullptr; return success; }

Status cuModuleLoadDataEx(void** module, const char* ptx, unsigned options, int* names, void** values)
{
    ENTER_CONTEXT();
    const char* target = strstr(ptx, ".target sm_");
    if (target == nullptr) return invalid_image;
    int wanted = atoi(target + 11);
    if (wanted == refused_target) return unsupported_ptx_version;
    bool only_there = target[11 + 2] == 'a';
    if (only_there ? capability != wanted : capability < wanted)
    {
        for (unsigned i = 0; i < options; i++)
        {
            if (names[i] == 5) snprintf((char*)values[i], 64, "this PTX is for sm_%d", wanted);
        }

        return no_binary_for_gpu;
    }

    handles++;
    *module = new Module{ptx, {}};
    return success;
}

Status cuModuleUnload(Module* module)
{
    std::lock_guard<std::recursive_mutex> guard(gate);
    handles--;
    for (Function* function : module->functions) delete function;
    delete module;
    return enter();
}

Status cuModuleGetFunction(Function** function, Module* module, const char* name)
{
    ENTER_CONTEXT();
    std::vector<size_t> sizes;
    unsigned most_threads;
    if (!read_entry(module->ptx, name, sizes, most_threads)) return not_found;
    for (int i = 0; i < emulator::kernel_count; i++)
    {
        const Kernel& kernel = emulator::kernels[i];
        if (strcmp(kernel.name, name) != 0) continue;

        // The PTX and the host's compilation of the same source must agree on the arguments.
        if (sizes.size() != (size_t)kernel.parameters) return invalid_image;
        for (size_t p = 0; p < sizes.size(); p++)
        {
            if (sizes[p] != kernel.sizes[p]) return invalid_image;
        }

        *function = new Function{&kernel, most_threads, 48 << 10};
        module->functions.push_back(*function);
        return success;
    }

    return not_found;
}

Status cuFuncGetAttribute(int* value, int attribute, Function* function)
{
    ENTER_CONTEXT();
    *value = attribute == 0 ? (int)function->most_threads : attribute == 4 ? 32 : 0;
    return success;
}

Status cuFuncSetAttribute(Function* function, int attribute, int value)
{
    ENTER_CONTEXT();
    if (attribute != 8 || value > most_shared()) return invalid_value;
    function->allowed_shared = value;
    return success;
}

Status cuLaunchKernel(
    Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void*, void** arguments, void**)
{
    ENTER_CONTEXT();
    bool fits = gx > 0 && gx <= 0x7FFFFFFFu && gy > 0 && gy <= 65535 && gz > 0 && gz <= 65535 && by == 1 && bz == 1 && bx > 0;
    if (!fits || shared > function->allowed_shared) return invalid_value;
    if (bx > function->most_threads) return launch_out_of_resources;
    if (!broken_kernels.empty() && strncmp(function->kernel->name, broken_kernels.c_str(), broken_kernels.size()) == 0) return success;
    launches++;
    put_into_stream();
    emulator::Launch launch = {{gx, gy, gz}, bx, shared, function->kernel->run, arguments};
    emulator::Outcome outcome = emulator::run(launch, reversed_order);
    if (outcome == emulator::Outcome::done) return success;
    const char* what = outcome == emulator::Outcome::deadlock ? "deadlock" : outcome == emulator::Outcome::violation ? "violation" : "access out of bounds";
    fprintf(stderr, "emulator: %s in %s, block %u %u %u, thread %u\n", what, function->kernel->name, emulator::block_index[0], emulator::block_index[1], emulator::block_index[2], emulator::thread_index);

    // As on the device, the launch itself succeeds; the next call that looks learns of it.
    lost = outcome == emulator::Outcome::deadlock ? launch_timeout : illegal_address;
    return success;
}

Status cuMemAlloc_v2(uintptr_t* address, size_t bytes)
{
    ENTER_CONTEXT();
    if (bytes == 0) return invalid_value;
    if (used + bytes > memory) return out_of_memory;

    // The block ends where a page ends, as far as its alignment of 256 bytes allows, and the next page may not be touched, nor the one before.
    size_t room = (bytes + 255) / 256 * 256, inner = (room + page - 1) / page * page;
    unsigned char* mapping = (unsigned char*)mmap(nullptr, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return out_of_memory;
    mprotect(mapping + page, inner, PROT_READ | PROT_WRITE);
    uintptr_t start = (uintptr_t)mapping + page + inner - room;
    if (bytes < ((size_t)1 << 20)) memset((void*)start, 0xFF, bytes);
    blocks[start] = Block{bytes, mapping, inner + 2 * page};
    used += bytes;
    *address = start;
    return success;
}

Status cuMemFree_v2(uintptr_t address)
{
    std::lock_guard<std::recursive_mutex> guard(gate);
    auto found = blocks.find(address);
    if (found == blocks.end()) return invalid_value;
    wait_for(enqueued);
    used -= found->second.bytes;
    munmap(found->second.mapping, found->second.mapped);
    blocks.erase(found);
    return enter();
}

Status cuMemGetInfo_v2(size_t* free, size_t* total)
{
    ENTER_CONTEXT();
    *free = memory - used;
    *total = memory;
    return success;
}

Status cuMemHostAlloc(void** address, size_t bytes, unsigned)
{
    ENTER_CONTEXT();
    *address = malloc(bytes);
    host_blocks[(uintptr_t)*address] = bytes;
    return success;
}

Status cuMemFreeHost(void* address)
{
    std::lock_guard<std::recursive_mutex> guard(gate);
    if (host_blocks.erase((uintptr_t)address) == 0) return invalid_value;
    wait_for(enqueued);
    free(address);
    return enter();
}

Status cuMemcpyHtoDAsync_v2(uintptr_t target, const void* source, size_t bytes, void*)
{
    ENTER_CONTEXT();
    if (block_of(target, bytes) == nullptr) return invalid_value;
    memcpy((void*)target, source, bytes);
    put_into_stream();
    if (stays_behind) copies.push_back(Copy{enqueued, false, (unsigned char*)source, {(unsigned char*)source, (unsigned char*)source + bytes}});
    return success;
}

Status cuMemcpyDtoHAsync_v2(void* target, uintptr_t source, size_t bytes, void*)
{
    ENTER_CONTEXT();
    if (block_of(source, bytes) == nullptr) return invalid_value;
    put_into_stream();
    if (stays_behind) copies.push_back(Copy{enqueued, true, (unsigned char*)target, {(unsigned char*)source, (unsigned char*)source + bytes}});
    if (stays_behind) memset(target, 0xA5, bytes);
    else memcpy(target, (const void*)source, bytes);
    return success;
}

Status cuMemcpyDtoDAsync_v2(uintptr_t target, uintptr_t source, size_t bytes, void*)
{
    ENTER_CONTEXT();
    if (block_of(target, bytes) == nullptr || block_of(source, bytes) == nullptr) return invalid_value;
    memmove((void*)target, (const void*)source, bytes);
    put_into_stream();
    return success;
}

Status cuMemsetD8Async(uintptr_t target, unsigned char value, size_t bytes, void*)
{
    ENTER_CONTEXT();
    if (block_of(target, bytes) == nullptr) return invalid_value;
    memset((void*)target, value, bytes);
    put_into_stream();
    return success;
}

Status cuStreamCreate(void** stream, unsigned) { ENTER_CONTEXT(); handles++; *stream = (void*)&handles; return success; }

Status cuStreamDestroy_v2(void*) { handles--; ENTER(); return success; }

Status cuStreamSynchronize(void*) { ENTER_CONTEXT(); wait_for(enqueued); return lost; }

Status cuEventCreate(Event** event, unsigned) { ENTER_CONTEXT(); handles++; *event = new Event{0}; return success; }

Status cuEventDestroy_v2(Event* event) { handles--; delete event; ENTER(); return success; }

Status cuEventRecord(Event* event, void*) { ENTER_CONTEXT(); event->at = enqueued; return success; }

Status cuEventSynchronize(Event* event) { ENTER_CONTEXT(); wait_for(event->at); return lost; }

Status cuEventQuery(Event* event) { ENTER_CONTEXT(); return event->at > completed ? not_ready : success; }

Status cuTensorMapEncodeTiled(
    emulator::TensorMap* map, int type, unsigned rank, void* address, const uint64_t* extents, const uint64_t* strides, const unsigned* box,
    const unsigned* steps, int interleave, int swizzle, int promotion, int fill)
{
    ENTER();

    // What the driver demands: bf16 here, 16-byte aligned address and strides, an inner box as wide as the swizzle at most.
    bool fits = type == 9 && rank == 2 && (uintptr_t)address % 16 == 0 && (uintptr_t)map % 64 == 0 && strides[0] % 16 == 0 && steps[0] == 1 && steps[1] == 1
        && interleave == 0 && swizzle == 3 && fill == 0 && box[0] * 2 <= 128 && box[1] <= 256 && extents[0] > 0 && extents[1] > 0;
    if (!fits) return invalid_value;
    *map = emulator::TensorMap{(const unsigned char*)address, extents[0], extents[1], strides[0], box[0], box[1]};
    return success;
}

}
