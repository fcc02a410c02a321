// What a bench calls of cuBLAS, for memory that is the host's: products in double, arguments checked as the library checks them. Codes and the meaning of every
// argument: cuBLAS Library documentation, cublasGemmEx.
#include <cstdint>
#include <cstring>

namespace {

enum Status { success = 0, not_initialized = 1, invalid_value = 7, not_supported = 15 };

struct Handle
{
    void* stream;
};

long live, products;
Status fail_with = success;

float read(const void* matrix, int type, long at)
{
    if (type == 0) return ((const float*)matrix)[at];
    uint32_t bits = (uint32_t)((const uint16_t*)matrix)[at] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void write(void* matrix, int type, long at, float value)
{
    if (type == 0)
    {
        ((float*)matrix)[at] = value;
        return;
    }

    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    ((uint16_t*)matrix)[at] = (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

}

extern "C" {

// Control, for tests.

long emulated_cublas_live() { return live; }

long emulated_cublas_products() { return products; }

// Every product from now on returns this code.
void emulated_cublas_fail(int code) { fail_with = (Status)code; }

// The library.

Status cublasCreate_v2(Handle** handle)
{
    live++;
    *handle = new Handle{nullptr};
    return success;
}

Status cublasDestroy_v2(Handle* handle)
{
    live--;
    delete handle;
    return success;
}

Status cublasSetStream_v2(Handle* handle, void* stream)
{
    if (handle == nullptr) return not_initialized;
    handle->stream = stream;
    return success;
}

Status cublasGetVersion_v2(Handle*, int* version)
{
    *version = 120503;
    return success;
}

// C = alpha op(A) op(B) + beta C, columns first.
Status cublasGemmEx(
    Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha, const void* a, int a_type, int lda, const void* b, int b_type, int ldb,
    const void* beta, void* c, int c_type, int ldc, int compute, int algorithm)
{
    const int single = 0, brain = 14, by_float = 68, by_tf32 = 77;
    if (fail_with != success) return fail_with;
    if (handle == nullptr || handle->stream == nullptr) return not_initialized;
    if (lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) || ldc < m || algorithm != -1) return invalid_value;
    bool known = a_type == b_type && (a_type == single || a_type == brain) && (c_type == single || (c_type == brain && a_type == brain));
    if (!known || (compute != by_float && compute != by_tf32)) return not_supported;
    float scale = *(const float*)alpha, keep = *(const float*)beta;
    for (long column = 0; column < n; column++)
    {
        for (long row = 0; row < m; row++)
        {
            double sum = 0;
            for (long i = 0; i < k; i++)
            {
                double x = read(a, a_type, transpose_a ? row * lda + i : i * lda + row), y = read(b, b_type, transpose_b ? i * ldb + column : column * ldb + i);
                sum += x * y;
            }

            long at = column * ldc + row;
            write(c, c_type, at, (float)(scale * sum) + (keep == 0 ? 0 : keep * read(c, c_type, at)));
        }
    }

    products++;
    return success;
}

}
