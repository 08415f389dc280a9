#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/url.h"

struct row {
    const char *text, *host, *port; /* port NULL: none */
    const char *rest;
};

static const struct row rows[] = {
    {"http://evil.example/a", "evil.example", NULL, "/a"},
    {"http://evil.example?a@b", "evil.example", NULL, "?a@b"},
    {"http://evil.example#a@b/c", "evil.example", NULL, "#a@b/c"},
    {"http://u:p@evil.example:80/a:b@c", "evil.example", "80", "/a:b@c"},
    {"http://good.example@evil.example/", "evil.example", NULL, "/"},
    {"http://a@b@evil.example/", "evil.example", NULL, "/"},
    {"http://a:80@b:81@evil.example:82", "evil.example", "82", ""},
    {"http://@evil.example", "evil.example", NULL, ""},
    {"http://good.example%40evil.example/", "good.example%40evil.example", NULL,
     "/"},
    {"http://evil.example:/", "evil.example", "", "/"},
    {"http://[2001:db8::1]/a", "[2001:db8::1]", NULL, "/a"},
    {"http://[2001:db8::1]:8080/a", "[2001:db8::1]", "8080", "/a"},
    {"http://a@[2001:db8::1]", "[2001:db8::1]", NULL, ""},
    {"http://[2001:db8::1", "[2001:db8:", "1", ""},
    {"http://user@evil.example\\@good.example/", "evil.example", NULL,
     "\\@good.example/"},
    {"HTTPS://evil.example:81\\:80@good.example/", "evil.example", "81",
     "\\:80@good.example/"},
    {"ftp://evil.example\\a", "evil.example", NULL, "\\a"},
    {"ws://evil.example\\@good.example", "evil.example", NULL,
     "\\@good.example"},
    {"wss://[2001:db8::1]\\@good.example", "[2001:db8::1]", NULL,
     "\\@good.example"},
    {"http://\\good.example/", "", NULL, "\\good.example/"},
    {"ssh://user\\@evil.example/", "evil.example", NULL, "/"},
    {"httpx://user\\@evil.example/", "evil.example", NULL, "/"},
    {"http:///a", "", NULL, "/a"},
    {"http://", "", NULL, ""},
    {"http://u@/a", "", NULL, "/a"},
    {"http://:80/a", "", "80", "/a"},
    {"evil.example/a", "evil.example", NULL, "/a"},
    {"evil.example:80/a://b", "evil.example", "80", "/a://b"},
    {"1http://evil.example/", "1http", "", "//evil.example/"},
    {"", "", NULL, ""},
};

static void
the_host_of_a_url_is_where_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *r = &rows[i];
        const struct url url = url_split(slice_str(r->text));
        const char *port = r->port ? r->port : "";
        if (!slice_is(url.host, r->host) || !slice_is(url.port, port) ||
            url.has_port != (r->port != NULL) || !slice_is(url.rest, r->rest))
            fail_msg("%s: %.*s", r->text, (int)url.host.size,
                     (const char *)url.host.data);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_of_a_url_is_where_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
