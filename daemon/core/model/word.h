/*
 * word - compares words that people type, without regard to the case of ASCII
 *        letters.
 */
#ifndef CORE_MODEL_WORD_H
#define CORE_MODEL_WORD_H

#include "core/base/slice.h"

/* Tell whether `text` is the lower-case `word`, in any case. */
static inline bool
word_is(struct slice text, const char *word)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (!word[i] || c != (uint8_t)word[i])
            return false;
    }
    return word[text.size] == 0;
}

#endif
