/* Says what the node's own code thinks of a card file's signatures under a
 * root certificate (PEM): the name of the error, or ok. */
#include "core/base/mem.h"
#include "core/crypto/base64.h"
#include "core/crypto/certificate.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

#include <stdio.h>

#define BUDGET_BYTES MIB(1)
#define FILE_MAX KIB(64)

static bool
file_read(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    out->size = 0;
    uint8_t *room = buf_extend(out, FILE_MAX);
    out->size = fread(room, 1, FILE_MAX, file);
    fclose(file);
    return out->size > 0;
}

/* Take the bytes out of the first PEM block. */
static bool
pem_read(struct slice text, struct buf *der)
{
    struct buf joined = {0};
    size_t i = 0, lines = 0;
    bool good;

    for (; i < text.size && lines < 1; i++)
        lines += text.data[i] == '\n';
    for (; i < text.size && text.data[i] != '-'; i++)
        if (text.data[i] != '\n')
            buf_put_u8(&joined, text.data[i]);
    good = base64_get(buf_slice(&joined), der);
    buf_clear(&joined);
    return good;
}

static enum err
check(struct slice file, struct slice root, struct arena *arena)
{
    struct signed_card proof;
    struct card card;
    struct public_key key;
    enum err e = signed_card_get(file, arena, &proof);

    if (e == OK)
        e = card_get(proof.card, arena, &card);
    if (e == OK)
        e = certificate_key(root, &key);
    return e == OK ? card_verify(&card, &proof, &key) : e;
}

int
main(int count, char **words)
{
    struct buf card = {0}, text = {0}, root = {0};
    struct arena arena;

    if (count != 3 || !file_read(words[1], &card) ||
        !file_read(words[2], &text) || !pem_read(buf_slice(&text), &root)) {
        fprintf(stderr, "usage: card_check CARD ROOT\n");
        return 2;
    }
    arena_init(&arena, BUDGET_BYTES);
    enum err e = check(buf_slice(&card), buf_slice(&root), &arena);
    puts(err_name(e));
    arena_clear(&arena);
    buf_clear(&card);
    buf_clear(&text);
    buf_clear(&root);
    return e ? 1 : 0;
}
