#include "edge/daemon/start.h"

#include "core/exchange/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include "../journal/folder.h"

/* A disk, and how often somebody asked for its size. */
static unsigned asked;

int
statvfs(const char *path, struct statvfs *out)
{
    (void)path;
    asked++;
    *out = (struct statvfs){.f_frsize = 1, .f_blocks = MIB(UINT64_C(65536))};
    return 0;
}

static void
start_with(const struct folder *f, struct settings *s, struct config *out)
{
    static const uint8_t secret[32] = {1};
    struct buf bytes = {0};

    folder_put(f, "card", slice_str("no card, but bytes"));
    folder_put(f, "stream.secret", SLICE_ARRAY(secret));
    s->body_bytes_max = MIB(1);
    s->batches_in_flight = 2;
    snprintf(s->state, sizeof s->state, "%s", f->path);
    assert_true(team_name_parse(slice_str("krcert.or.kr"), &s->team));
    asked = 0;
    assert_int_equal(start_put(s, &bytes), OK);
    assert_int_equal(config_get(buf_slice(&bytes), out), OK);
    buf_clear(&bytes);
}

static void
the_size_of_the_disk_is_asked_for_once(void **state)
{
    static struct settings s;
    static struct config c;
    struct folder f = folder_new();

    (void)state;
    start_with(&f, &s, &c);
    assert_int_equal(asked, 1);
    assert_int_equal(c.disk_bytes, MIB(UINT64_C(16384)));
    assert_int_equal(c.user_bytes, MIB(UINT64_C(16384)));
    s.disk_bytes_per_user = MIB(100);
    start_with(&f, &s, &c);
    assert_int_equal(asked, 1);
    assert_int_equal(c.disk_bytes, MIB(UINT64_C(16384)));
    assert_int_equal(c.user_bytes, MIB(100));
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_size_of_the_disk_is_asked_for_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
