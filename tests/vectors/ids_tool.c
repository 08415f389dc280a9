/*
 * ids_tool - says the ids that follow from properties, for ids_test.py.
 *
 * A line of input is a type and its properties, with a tab behind each: a name,
 * "=" and the value as JSON of RFC 8785, or a name, ":" and a text, which is
 * written so first; tabs and line ends cannot stand in either. A line of output
 * is the id.
 */
#include "core/formats/json_put.h"
#include "core/formats/stix_id.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Each part ends with a tab, which becomes the zero that its name needs. */
static size_t
parts_read(char *at, struct stix_part *parts, struct buf *texts)
{
    size_t count = 0;

    while (*at) {
        size_t name = strcspn(at, "=:"), size = strcspn(at, "\t");
        struct buf *text = &texts[count];
        struct slice value = slice_of(at + name + 1, size - name - 1);
        assert(count < STIX_PARTS_MAX && name < size && at[size]);
        if (at[name] == ':')
            json_put_text(text, value);
        else
            buf_put(text, value);
        at[name] = 0;
        parts[count++] = (struct stix_part){at, buf_slice(text)};
        at += size + 1;
    }
    return count;
}

int
main(void)
{
    struct stix_part parts[STIX_PARTS_MAX];
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        struct buf texts[STIX_PARTS_MAX] = {{0}}, id = {0};
        line[strcspn(line, "\n")] = 0;
        char *properties = strchr(line, '\t');
        assert(properties);
        *properties++ = 0;
        stix_id_put(&id, line, parts, parts_read(properties, parts, texts));
        buf_put_u8(&id, 0);
        (void)puts((char *)id.data);
        buf_clear(&id);
        for (size_t i = 0; i < STIX_PARTS_MAX; i++)
            buf_clear(&texts[i]);
    }
    free(line);
    return 0;
}
