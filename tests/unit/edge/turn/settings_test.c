#include "edge/turn/settings.h"

#include "core/exchange/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "settings_test.XXXXXX";
static struct settings settings;
static char message[512];

static enum err
read_text(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    message[0] = 0;
    return settings_read(path, &settings, message, sizeof message);
}

static void
check_good(const char *text)
{
    enum err e = read_text(text);

    if (e != OK)
        fail_msg("%s: %s", err_name(e), message);
}

/* `where` is "line:column". */
static void
check_bad(const char *text, const char *where, const char *words)
{
    char place[64];

    snprintf(place, sizeof place, "%s:%s: ", path, where);
    assert_int_not_equal(read_text(text), OK);
    if (strncmp(message, place, strlen(place)) != 0 || !strstr(message, words))
        fail_msg("\"%s\" instead of \"%s ... %s\"", message, place, words);
}

#define LEAST "team: krcert.or.kr\nstate: /var/lib/sealane\n"

static void
two_settings_are_enough(void **state)
{
    (void)state;
    check_good(LEAST);
    assert_string_equal(settings.team.text, "krcert.or.kr");
    assert_string_equal(settings.state, "/var/lib/sealane");
    assert_string_equal(settings.socket, "/var/lib/sealane/control.sock");
    assert_string_equal(settings.listen, "");
    assert_int_equal(settings.default_tlp, TLP_AMBER);
    assert_int_equal(settings.batches_in_flight, BATCHES_IN_FLIGHT);
    assert_int_equal(settings.body_bytes_max, BODY_ANNOUNCED);
    assert_int_equal(settings.segment_bytes, MIB(64));
    assert_int_equal(settings.retention_ms, UINT64_C(365) * 86400000);
    assert_int_equal(settings.disk_bytes_per_peer, 0);
    assert_string_equal(settings.warninglists, "");
    assert_false(settings.warn_documentation);
    assert_false(settings.capture);
    assert_false(settings.sandbox_best_effort);
    assert_int_equal(settings.user_count, 0);
    assert_int_equal(settings.peer_count, 0);
    assert_int_equal(settings.owner_count, 0);
}

static void
every_setting_is_read(void **state)
{
    (void)state;
    check_good(LEAST "socket: run/control.sock\n"
                     "listen: \"[::]:4590\"\n"
                     "default-tlp: TLP:GREEN\n"
                     "warninglists: /etc/sealane/warninglists\n"
                     "warn-documentation: true\n"
                     "capture: true\n"
                     "sandbox: best-effort\n"
                     "batches-in-flight: 64\n"
                     "segment-bytes: 1048576\n"
                     "retention: 2w\n"
                     "disk-bytes-per-peer: 67108864\n"
                     "disk-bytes-per-user: 67108865\n"
                     "body-bytes-max: 2097152\n"
                     "users:\n"
                     "  - user: root\n"
                     "    roles: [read]\n"
                     "  - group: 4711\n"
                     "    roles: [submit, operate, read-red, release]\n"
                     "misp-owners:\n"
                     "  - org: CERT Australia\n"
                     "    team: cert.gov.au\n"
                     "peers:\n"
                     "  - team: cert.gov.au\n"
                     "    ceiling: red\n"
                     "    community: false\n"
                     "    dial: false\n"
                     "    disk-bytes: 100000000000\n"
                     "    address: node.cert.gov.au:4590\n"
                     "  - team: jpcert.or.jp\n");
    assert_string_equal(settings.socket, "run/control.sock");
    assert_string_equal(settings.listen, "[::]:4590");
    assert_int_equal(settings.default_tlp, TLP_GREEN);
    assert_string_equal(settings.warninglists, "/etc/sealane/warninglists");
    assert_true(settings.warn_documentation);
    assert_true(settings.capture);
    assert_true(settings.sandbox_best_effort);
    assert_int_equal(settings.batches_in_flight, 64);
    assert_int_equal(settings.segment_bytes, MIB(1));
    assert_int_equal(settings.retention_ms, 14 * 86400000);
    assert_int_equal(settings.disk_bytes_per_peer, MIB(64));
    assert_int_equal(settings.disk_bytes_per_user, MIB(64) + 1);
    assert_int_equal(settings.peers[0].disk_bytes, UINT64_C(100000000000));
    assert_int_equal(settings.body_bytes_max, 2097152);
    assert_int_equal(settings.user_count, 2);
    assert_false(settings.users[0].is_group);
    assert_int_equal(settings.users[0].id, 0);
    assert_int_equal(settings.users[0].roles, ROLE_READ);
    assert_true(settings.users[1].is_group);
    assert_int_equal(settings.users[1].id, 4711);
    assert_int_equal(settings.users[1].roles,
                     ROLE_SUBMIT | ROLE_OPERATE | ROLE_READ_RED | ROLE_RELEASE);
    assert_int_equal(settings.owner_count, 1);
    assert_string_equal(settings.owners[0].org, "CERT Australia");
    assert_string_equal(settings.owners[0].team.text, "cert.gov.au");
    assert_int_equal(settings.peer_count, 2);
    assert_string_equal(settings.peers[0].team.text, "cert.gov.au");
    assert_int_equal(settings.peers[0].ceiling, TLP_RED);
    assert_false(settings.peers[0].community);
    assert_false(settings.peers[0].dial);
    assert_string_equal(settings.peers[0].address, "node.cert.gov.au:4590");
    assert_string_equal(settings.peers[1].team.text, "jpcert.or.jp");
    assert_int_equal(settings.peers[1].ceiling, TLP_GREEN);
    assert_true(settings.peers[1].community);
    assert_true(settings.peers[1].dial);
    assert_string_equal(settings.peers[1].address, "");
}

static void
each_fault_is_reported_with_its_place(void **state)
{
    (void)state;
    check_bad(LEAST "colour: red\n", "3:1",
              "no setting `colour` here; there "
              "are team, state, socket");
    check_bad(LEAST "team: cert.gov.au\n", "3:1", "`team` stands here for");
    check_bad("team: KRCERT\nstate: /x\n", "1:7", "such as krcert.or.kr");
    check_bad("team: krcert.or.kr\n", "2:1", "`team` and `state` are needed");
    check_bad(LEAST "default-tlp: purple\n", "3:14", "amber+strict");
    check_bad(LEAST "warn-documentation: 1\n", "3:21", "true or false");
    check_bad(LEAST "capture: yes\n", "3:10", "true or false");
    check_bad(LEAST "sandbox: off\n", "3:10", "required or best-effort");
    check_bad(LEAST "batches-in-flight: 65\n", "3:20", "from 1 to 64");
    check_bad(LEAST "batches-in-flight: -1\n", "3:20", "from 1 to 64");
    check_bad(LEAST "segment-bytes: 4096\n", "3:16", "from 1048576");
    check_bad(LEAST "retention: 30\n", "3:12", "such as 365d");
    check_bad(LEAST "retention: 0d\n", "3:12", "such as 365d");
    check_bad(LEAST "retention: never\n", "3:12", "or forever");
    check_bad(LEAST "body-bytes-max: 1e6\n", "3:17", "from 1024");
    check_bad(LEAST "listen: 4590\n", "3:9", "address and port");
    check_bad(LEAST "listen: 0.0.0.0:70000\n", "3:9", "address and port");
    check_bad(LEAST "state:\n  - a\n", "3:1", "second time");
    check_bad(LEAST "peers: all\n", "3:8", "a list, each with `team`");
    check_bad(LEAST "peers:\n  - cert.gov.au\n", "4:5", "each with `team`");
    check_bad(LEAST "peers:\n  - dial: true\n", "4:5", "needs `team`");
    check_bad(LEAST "peers:\n  - team: a.b\n    roles: []\n", "5:5",
              "no setting `roles` here; there are team, ceiling");
    check_bad(LEAST "peers:\n  - team: a.b\n  - team: a.b\n", "5:5",
              "a.b stands here for the second time");
    check_bad(LEAST "users:\n  - user: root\n", "4:5", "and `roles`");
    check_bad(LEAST "misp-owners:\n  - org: X\n", "4:5", "`org` and `team`");
    check_bad(LEAST "misp-owners:\n  - org: X\n    team: no team\n", "5:11",
              "the team that it is");
    check_bad(LEAST "misp-owners:\n  - org: ''\n    team: a.b\n", "4:10",
              "the name or UUID");
    check_bad(LEAST "users:\n  - user: root\n    group: 1\n    roles: []\n",
              "4:5", "either `user` or `group`");
    check_bad(LEAST "users:\n  - user: no-such-user-here\n    roles: []\n",
              "4:11", "a user of this machine");
    check_bad(LEAST "users:\n  - user: 1\n    roles: [read, write]\n", "5:19",
              "read, submit, operate, read-red, release");
}

static void
what_yaml_has_beyond_data_is_refused(void **state)
{
    (void)state;
    check_bad("", "1:1", "there are no settings");
    check_bad("- a\n- b\n", "1:1", "there are no settings");
    check_bad("team: &a krcert.or.kr\n", "1:7", "an anchor or tag");
    check_bad("team: !!str krcert.or.kr\n", "1:7", "an anchor or tag");
    check_bad("team: *a\n", "1:7", "an alias");
    check_bad(LEAST "---\nteam: a.b\n", "3:1", "a second document");
    check_bad("team: \"krcert\n", "2:1", "this is no YAML");
    check_bad("team: {a: b}\n", "1:7", "of another form");
    check_bad("[a]: b\n", "1:1", "no name of a setting");
}

static void
a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    assert_int_equal(
        settings_read("/nowhere/at.all", &settings, message, sizeof message),
        ERR_IO);
    assert_non_null(strstr(message, "/nowhere/at.all: No such file"));
}

static void
paths_start_at_the_folder_of_the_file(void **state)
{
    char full[1200], expected[1300], folder[1000];

    (void)state;
    check_good("team: a.b\nstate: .\nsocket: run/s\n");
    assert_string_equal(settings.state, ".");
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(full, sizeof full, "%s/%s", folder, path);
    assert_int_equal(settings_read(full, &settings, message, sizeof message),
                     OK);
    snprintf(expected, sizeof expected, "%s/run/s", folder);
    assert_string_equal(settings.socket, expected);
    snprintf(expected, sizeof expected, "%s/.", folder);
    assert_string_equal(settings.state, expected);
}

static void
roles_follow_from_user_and_groups(void **state)
{
    unsigned groups[] = {7, 4711};

    (void)state;
    check_good(LEAST "users:\n"
                     "  - user: 4000000\n"
                     "    roles: [read]\n"
                     "  - group: 4711\n"
                     "    roles: [submit]\n");
    assert_int_equal(settings_roles(&settings, 4000000, NULL, 0), ROLE_READ);
    assert_int_equal(settings_roles(&settings, 4000000, groups, 2),
                     ROLE_READ | ROLE_SUBMIT);
    assert_int_equal(settings_roles(&settings, 4711, groups, 1), 0);
    assert_int_equal(settings_roles(&settings, 4000001, groups, 2),
                     ROLE_SUBMIT);
    assert_int_equal(settings_roles(&settings, 0, NULL, 0),
                     ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE | ROLE_READ_RED |
                         ROLE_RELEASE);
}

static int
make(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    close(fd);
    return fd < 0;
}

static int
clear(void **state)
{
    (void)state;
    return unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_settings_are_enough),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(each_fault_is_reported_with_its_place),
        cmocka_unit_test(what_yaml_has_beyond_data_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(paths_start_at_the_folder_of_the_file),
        cmocka_unit_test(roles_follow_from_user_and_groups),
    };

    return cmocka_run_group_tests(tests, make, clear);
}
