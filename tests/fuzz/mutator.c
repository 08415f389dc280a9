/* The hook by which libFuzzer asks for changes; FUZZ_MUTATE says whose. */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
#if defined(FUZZ_MUTATE_SCRIPT)
    return mutate_script(data, size, max, seed);
#elif defined(FUZZ_MUTATE_BEHIND)
    return mutate_behind(data, size, max, seed, FUZZ_MUTATE_BEHIND);
#else
    return mutate_message(data, size, max, seed);
#endif
}
