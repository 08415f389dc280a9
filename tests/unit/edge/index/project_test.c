#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/lane/leaf.h"
#include "core/wire/message.h"
#include "edge/index/project.h"

#define PATH "project_test.db"

static struct rows rows;
static struct project project;

static int
setup(void **state)
{
    const struct rows_lane lanes[] = {{.peer = 0, .ours = true},
                                      {.peer = 1, .ours = true}};

    (void)state;
    db_remove(PATH);
    rows_open(&rows, PATH);
    project =
        (struct project){.rows = &rows, .content = content_new(&rows, NULL)};
    for (uint32_t i = 0; i < ARRAY_SIZE(lanes); i++)
        rows_lane_put(&rows, i, &lanes[i]);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    waiting_forget(&project.waiting);
    content_free(project.content);
    rows_close(&rows);
    db_remove(PATH);
    return 0;
}

/* A message of submission `number`, as it stands in a body. */
static void
body_make(struct buf *body, const char *value, uint64_t number)
{
    struct message m = {.kind = MESSAGE_INDICATOR,
                        .has_head = true,
                        .has_submission = true,
                        .submission.number = number};
    const struct submission_id id = {{9}, number};

    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str(value);
    m.head.marking.tlp = TLP_GREEN;
    buf_reset(body);
    submission_id_put(body, &id);
    message_put(body, &m);
}

static void
submit(const char *value, uint64_t number)
{
    struct buf body = {0};

    body_make(&body, value, number);
    project_fact(&project, &(struct fact){.type = FACT_SUBMITTED,
                                          .item = number,
                                          .kind = LEAF_MESSAGE,
                                          .blob_body = buf_slice(&body)});
    buf_clear(&body);
}

static void
adopt(const char *value, uint64_t number, uint32_t lane)
{
    struct leaf leaf = {.index = 7,
                        .kind = LEAF_MESSAGE,
                        .ref = LEAF_REF_NONE,
                        .tlp = TLP_GREEN,
                        .time = {5000}};
    struct fact f = {.type = FACT_ADOPTED, .lane = lane, .index = 7};
    struct buf body = {0};

    body_make(&body, value, number);
    leaf.body_bytes = (uint32_t)body.size;
    leaf_encode(&leaf, f.record);
    f.blob_body = buf_slice(&body);
    project_fact(&project, &f);
    buf_clear(&body);
}

/* The one message with a value. */
static struct row
only(const char *value)
{
    struct buf found = {0};
    struct row row;

    rows_commit(&rows);
    rows_find(&rows, KEY_VALUE, slice_str(value), &found);
    assert_int_equal(found.size, sizeof(uint32_t));
    buf_clear(&found);
    for (uint32_t at = UINT32_MAX; rows_before(&rows, at, &row);
         at = row.message)
        if (memmem(row.head.data, row.head.size, value, strlen(value)))
            return row;
    fail();
    return row;
}

static void
what_is_adopted_is_no_longer_queued(void **state)
{
    (void)state;
    submit("one.example", 1);
    submit("two.example", 2);
    adopt("one.example", 1, 0);
    assert_int_equal(only("one.example").lane, 0);
    assert_int_equal(only("one.example").index, 7);
    assert_int_equal(only("one.example").time.ms, 5000);
    assert_int_equal(only("two.example").lane, ROWS_LANE_NONE);
    adopt("two.example", 2, 0);
    assert_int_equal(only("two.example").lane, 0);
    assert_int_equal(rows.counts.messages, 2);
}

static void
what_is_adopted_and_was_never_queued_is_a_message_of_its_own(void **state)
{
    (void)state;
    submit("one.example", 1);
    adopt("lost.example", 2, 0);
    assert_int_equal(only("one.example").lane, ROWS_LANE_NONE);
    assert_int_equal(only("lost.example").lane, 0);
    adopt("one.example", 3, 0); /* the same value, submitted again */
    adopt("one.example", 1, 1); /* the same, for another team */
    assert_int_equal(rows.counts.messages, 4);
}

static void
what_is_queued_later_leaves_the_queue_as_well(void **state)
{
    (void)state;
    submit("one.example", 1);
    adopt("one.example", 1, 0);
    submit("same.example", 2);
    adopt("same.example", 2, 0);
    assert_int_equal(only("same.example").lane, 0);
    assert_int_equal(rows.counts.messages, 2);
}

/* It was submitted as item 1, stood at a place, and waits again as item 2. */
static void
requeue(const char *value)
{
    struct leaf leaf = {.index = 5,
                        .kind = LEAF_MESSAGE,
                        .ref = LEAF_REF_NONE,
                        .tlp = TLP_GREEN,
                        .time = {5000}};
    struct fact f = {.type = FACT_SEQUENCED, .item = 1, .index = 5};
    struct buf body = {0};

    submit(value, 1);
    leaf_encode(&leaf, f.record);
    project_fact(&project, &f);
    body_make(&body, value, 1);
    f.type = FACT_REQUEUED;
    f.item = 2;
    f.kind = LEAF_MESSAGE;
    f.blob_body = buf_slice(&body);
    project_fact(&project, &f);
    buf_clear(&body);
}

/* Where it stood is retired: its body stands with the new item. */
static void
what_waits_again_outlives_where_it_stood(void **state)
{
    (void)state;
    requeue("one.example");
    project_left_out(&project,
                     &(struct fact){.type = FACT_SUBMITTED, .item = 1});
    project_left_out(&project,
                     &(struct fact){.type = FACT_SEQUENCED, .index = 5});
    assert_int_equal(only("one.example").lane, ROWS_LANE_NONE);
    assert_int_equal(only("one.example").index, 2);
    project_left_out(&project,
                     &(struct fact){.type = FACT_REQUEUED, .item = 2});
    rows_commit(&rows);
    assert_int_equal(rows.counts.messages, 0);
}

static void
what_stands_again_outlives_where_it_stood(void **state)
{
    struct leaf leaf = {.index = 3,
                        .kind = LEAF_MESSAGE,
                        .ref = LEAF_REF_NONE,
                        .tlp = TLP_GREEN,
                        .time = {6000}};
    struct fact f = {.type = FACT_SEQUENCED, .lane = 1, .item = 2, .index = 3};

    (void)state;
    requeue("one.example");
    leaf_encode(&leaf, f.record);
    project_fact(&project, &f);
    project_left_out(&project,
                     &(struct fact){.type = FACT_SUBMITTED, .item = 1});
    project_left_out(&project,
                     &(struct fact){.type = FACT_SEQUENCED, .index = 5});
    assert_int_equal(only("one.example").lane, 1);
    project_left_out(&project,
                     &(struct fact){.type = FACT_REQUEUED, .item = 2});
    rows_commit(&rows);
    assert_int_equal(rows.counts.messages, 0);
}

/* Write the record of the first lane's entry 5; give its leaf hash. */
static struct hash
record_make(uint8_t record[LEAF_BYTES])
{
    const struct leaf leaf = {
        .index = 5, .ref = LEAF_REF_NONE, .tlp = TLP_GREEN, .time = {5000}};
    struct hash hash;

    leaf_encode(&leaf, record);
    leaf_hash(record, &hash);
    return hash;
}

/* Sequence item 1 there. */
static struct hash
sequence(void)
{
    struct fact f = {.type = FACT_SEQUENCED, .item = 1, .index = 5};
    struct hash hash = record_make(f.record);

    project_fact(&project, &f);
    return hash;
}

static void
withdraw(uint64_t item, const struct hash *leaf)
{
    struct message m = {
        .kind = MESSAGE_WITHDRAWAL,
        .has_head = true,
        .has_withdrawal = true,
        .withdrawal = {.has_entry = true,
                       .entry = {.first = 5, .count = 1, .leaf = *leaf},
                       .reason = slice_str("mistake")}};
    const struct submission_id id = {{9}, item};
    struct buf body = {0};

    m.head.marking.tlp = TLP_GREEN;
    submission_id_put(&body, &id);
    message_put(&body, &m);
    project_fact(&project, &(struct fact){.type = FACT_SUBMITTED,
                                          .item = item,
                                          .kind = LEAF_MESSAGE,
                                          .blob_body = buf_slice(&body)});
    buf_clear(&body);
}

/* By which message the first one is withdrawn. */
static uint32_t
withdrawn(void)
{
    struct row row;

    assert_true(rows_get(&rows, 1, &row));
    return rows_withdrawn(&rows, &row, 0);
}

static void
a_withdrawal_that_cites_another_leaf_or_none_has_no_effect(void **state)
{
    const struct rows_lane lane = {.ours = true};
    const struct hash none = {{0}};

    (void)state;
    rows_lane_put(&rows, 1, &(struct rows_lane){.peer = 1, .id = {{1}}});
    rows_lane_put(&rows, 0, &lane);
    submit("one.example", 1);
    struct hash right = sequence(), other = right;
    other.b[31] ^= 1;
    withdraw(2, &none);
    withdraw(3, &other);
    assert_int_equal(withdrawn(), 0);
    withdraw(4, &right);
    assert_int_equal(withdrawn(), 4);
}

/* A withdrawal is of one entry: sent at another place the message stands. */
static void
a_withdrawal_holds_for_the_place_that_it_cites_alone(void **state)
{
    uint8_t record[LEAF_BYTES];
    struct hash right = record_make(record);

    (void)state;
    submit("one.example", 1);
    withdraw(2, &right);
    assert_int_equal(withdrawn(), 0);
    (void)sequence();
    assert_int_equal(withdrawn(), 2);
    struct fact f = {.type = FACT_REQUEUED, .index = 5, .item = 3};
    project_fact(&project, &f);
    assert_int_equal(withdrawn(), 0);
    f = (struct fact){.type = FACT_SEQUENCED, .item = 3, .index = 8};
    memcpy(f.record, record, sizeof record);
    project_fact(&project, &f);
    assert_int_equal(withdrawn(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_adopted_is_no_longer_queued,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_is_adopted_and_was_never_queued_is_a_message_of_its_own, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            what_is_queued_later_leaves_the_queue_as_well, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_waits_again_outlives_where_it_stood, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_stands_again_outlives_where_it_stood, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_withdrawal_that_cites_another_leaf_or_none_has_no_effect, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            a_withdrawal_holds_for_the_place_that_it_cites_alone, setup,
            teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
