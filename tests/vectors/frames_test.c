#include "vectors_fixture.h"

#include "core/wire/frames.h"

static void
frame_headers_names_and_limits_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_frame); i++) {
        const struct vector_frame *v = &vector_frame[i];
        uint8_t header[FRAME_HEADER_BYTES], type = 0;
        uint32_t size = 1;
        assert_true(hex_decode(slice_str(v->header), header, sizeof header));
        assert_int_equal(frame_header_decode(header, &type, &size), OK);
        assert_int_equal(type, v->type);
        assert_int_equal(size, v->payload_bytes);
        assert_string_equal(frame_name(type), v->name);
        assert_int_equal(frame_payload_max(type), v->payload_bytes_max);
    }
}

static void
one_byte_more_than_the_limit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_frame); i++) {
        const struct vector_frame *v = &vector_frame[i];
        uint8_t header[FRAME_HEADER_BYTES] = {0}, type;
        uint32_t size;
        put_be32(header, (uint32_t)v->payload_bytes_max + 1);
        header[4] = (uint8_t)v->type;
        assert_int_equal(frame_header_decode(header, &type, &size), ERR_LIMIT);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_headers_names_and_limits_agree),
        cmocka_unit_test(one_byte_more_than_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
