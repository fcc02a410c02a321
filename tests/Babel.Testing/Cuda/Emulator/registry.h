// Kernels compiled for the host, by name. Each is called as the driver calls it: through the addresses of its arguments.
#pragma once
#include <cstddef>
#include <tuple>
#include <utility>

namespace emulator {

struct Kernel
{
    const char* name;
    void (*run)(void** arguments);
    int parameters;
    const size_t* sizes;
};

template <typename Function>
struct Signature;

template <typename... Parameters>
struct Signature<void (*)(Parameters...)>
{
    static constexpr int count = sizeof...(Parameters);
    static constexpr size_t sizes[count] = {sizeof(Parameters)...};

    template <void (*function)(Parameters...), size_t... i>
    static void call(void** arguments, std::index_sequence<i...>)
    {
        function(*static_cast<Parameters*>(arguments[i])...);
    }
};

template <auto function>
void run_kernel(void** arguments)
{
    using Of = Signature<decltype(function)>;
    Of::template call<function>(arguments, std::make_index_sequence<Of::count>());
}

template <auto function>
constexpr Kernel named(const char* name)
{
    using Of = Signature<decltype(function)>;
    return Kernel{name, &run_kernel<function>, Of::count, Of::sizes};
}

extern const Kernel kernels[];
extern const int kernel_count;

}
