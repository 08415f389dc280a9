#include "cli/json_out.h"

#include "cli/text.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/crypto/base64.h"

#include <assert.h>
#include <yajl/yajl_gen.h>

struct json_out {
    FILE *out;
    yajl_gen gen;
    size_t depth;
};

static void
must(yajl_gen_status status)
{
    /* Only our own misuse of the generator can fail. */
    assert(status == yajl_gen_status_ok);
}

struct json_out *
json_out_new(FILE *out)
{
    struct json_out *j = mem_new(sizeof *j);

    j->out = out;
    j->gen = yajl_gen_alloc(NULL);
    assert(j->gen);
    return j;
}

void
json_out_free(struct json_out *j)
{
    if (!j)
        return;
    yajl_gen_free(j->gen);
    mem_free(j);
}

static void
put_string(struct json_out *j, struct slice text)
{
    static const uint8_t nothing[1];

    must(yajl_gen_string(j->gen, text.size ? text.data : nothing, text.size));
}

static void
put_key(struct json_out *j, const char *key)
{
    if (key)
        put_string(j, slice_str(key));
}

static void
end(struct json_out *j)
{
    const unsigned char *bytes;
    size_t size;

    if (--j->depth > 0)
        return;
    must(yajl_gen_get_buf(j->gen, &bytes, &size));
    (void)fwrite(bytes, 1, size, j->out);
    (void)fputc('\n', j->out);
    yajl_gen_clear(j->gen);
    yajl_gen_reset(j->gen, NULL);
}

void
json_out_open(struct json_out *j, const char *key)
{
    put_key(j, key);
    must(yajl_gen_map_open(j->gen));
    j->depth++;
}

void
json_out_open_list(struct json_out *j, const char *key)
{
    put_key(j, key);
    must(yajl_gen_array_open(j->gen));
    j->depth++;
}

void
json_out_close(struct json_out *j)
{
    must(yajl_gen_map_close(j->gen));
    end(j);
}

void
json_out_close_list(struct json_out *j)
{
    must(yajl_gen_array_close(j->gen));
    end(j);
}

void
json_out_text(struct json_out *j, const char *key, struct slice text)
{
    char name[64];

    if (key && text.size == 0)
        return;
    if (utf8_bad_at(text) == text.size) {
        put_key(j, key);
        put_string(j, text);
        return;
    }
    if (key) {
        (void)snprintf(name, sizeof name, "%s-base64", key);
        key = name;
    }
    json_out_base64(j, key, text);
}

void
json_out_str(struct json_out *j, const char *key, const char *text)
{
    json_out_text(j, key, slice_str(text));
}

void
json_out_number(struct json_out *j, const char *key, uint64_t number)
{
    struct buf digits = {0};

    put_key(j, key);
    buf_put_decimal(&digits, number);
    must(yajl_gen_number(j->gen, (const char *)digits.data, digits.size));
    buf_clear(&digits);
}

void
json_out_truth(struct json_out *j, const char *key, bool truth)
{
    put_key(j, key);
    must(yajl_gen_bool(j->gen, truth));
}

void
json_out_hex(struct json_out *j, const char *key, struct slice bytes)
{
    struct buf text = {0};

    buf_put_hex(&text, bytes);
    json_out_text(j, key, buf_slice(&text));
    buf_clear(&text);
}

void
json_out_base64(struct json_out *j, const char *key, struct slice bytes)
{
    struct buf text = {0};

    base64_put(&text, bytes);
    json_out_text(j, key, buf_slice(&text));
    buf_clear(&text);
}

void
json_out_time(struct json_out *j, const char *key, uint64_t ms)
{
    struct buf text = {0};

    if (ms == 0)
        return;
    text_put_stamp(&text, ms);
    json_out_text(j, key, buf_slice(&text));
    buf_clear(&text);
}
