#include "csv_kit.h"

#include <stdio.h>

static void
columns_are_known_by_their_whole_names_in_any_case(void **state)
{
    (void)state;
    assert_table("\"TYPE\",\"Value \",\"  Comment\"\n\"IPv4\",\" 192.0.2.1 \","
                 "ok\n",
                 "2:8 ipv4 192.0.2.1\n", "1:1 remark unsupported Comment\n");
    assert_table("Indicator Type;IoC_Value;reference url;\n"
                 "Domain-Name;evil[.]example;https://vendor.example/report;\n",
                 "2:13 domain evil.example\n",
                 "1:1 remark unsupported reference url\n"
                 "1:1 remark unsupported column 4\n");
}

static void
several_columns_of_values_give_several_messages(void **state)
{
    (void)state;
    assert_table("sha256,md5,ip,domain,tlp\n"
                 ",d41d8cd98f00b204e9800998ecf8427e,192.0.2.1,"
                 "evil.example,green\n",
                 "2:2 md5 d41d8cd98f00b204e9800998ecf8427e TLP:GREEN\n"
                 "2:35 ipv4 192.0.2.1 TLP:GREEN\n"
                 "2:45 domain evil.example TLP:GREEN\n",
                 "");
    assert_table("ip,domain\n192.0.2.300,evil.example\n",
                 "2:13 domain evil.example\n", "2:1 refused value ip\n");
}

static void
types_have_the_names_of_stix_misp_and_common_exports(void **state)
{
    (void)state;
    assert_table(
        "type,value\nip-dst,2001:db8::1\nipv4-addr,192.0.2.0/24\n"
        "hostname,a.example\nFileHash-MD5,d41d8cd98f00b204e9800998ecf8427e\n"
        "as,64500\nemail-src,a@b.example\nregkey,HKLM\\x\nbtc,nonsense\n"
        "hash,evil.example\nip,evil.example\nport,22\n,evil.example\n",
        "2:8 ipv6 2001:db8::1\n3:11 cidr 192.0.2.0/24\n"
        "4:10 domain a.example\n"
        "5:14 md5 d41d8cd98f00b204e9800998ecf8427e\n6:4 as AS64500\n"
        "7:11 email a@b.example\n8:8 registry-key HKLM\\x\n"
        "13:2 domain evil.example\n",
        "9:5 refused value value\n10:6 refused value value\n"
        "11:4 refused value value\n12:1 refused value type\n");
}

static void
pairs_of_misp_are_taken_apart(void **state)
{
    (void)state;
    assert_table(
        "type,value\nip-dst|port,192.0.2.1|443\nip-src|port,2001:db8::1|53\n"
        "hostname|port,a.example|22\ndomain|ip,a.example|192.0.2.2\n"
        "filename|md5,x.exe|d41d8cd98f00b204e9800998ecf8427e\n"
        "malware-sample,x.exe|d41d8cd98f00b204e9800998ecf8427e\n"
        "ip-dst|port,192.0.2.1\nip-dst|port,192.0.2.1|70000\n"
        "domain|x,a|b\n",
        "2:13 ip-port 192.0.2.1:443\n3:13 ip-port [2001:db8::1]:53\n"
        "4:15 host-port a.example:22\n5:11 domain a.example\n"
        "5:11 ipv4 192.0.2.2\n6:14 file-name x.exe\n"
        "6:14 md5 d41d8cd98f00b204e9800998ecf8427e\n7:16 file-name x.exe\n"
        "7:16 md5 d41d8cd98f00b204e9800998ecf8427e\n",
        "8:13 refused value value\n9:13 refused format value\n"
        "10:1 refused value type\n");
}

static void
a_port_goes_behind_addresses_and_names(void **state)
{
    (void)state;
    assert_table("ip,domain,port,md5\n192.0.2.1,a.example,8080,"
                 "d41d8cd98f00b204e9800998ecf8427e\n2001:db8::1,,53,\n"
                 "192.0.2.2,,,\n192.0.2.3,,http,\n",
                 "2:1 ip-port 192.0.2.1:8080\n2:11 host-port a.example:8080\n"
                 "2:26 md5 d41d8cd98f00b204e9800998ecf8427e\n"
                 "3:1 ip-port [2001:db8::1]:53\n4:1 ipv4 192.0.2.2\n",
                 "5:1 refused format ip\n");
    assert_table("value,port\nhttp://a.example/,80\n", "",
                 "2:1 refused format value\n");
}

static void
a_type_or_port_that_belongs_to_no_value_is_said(void **state)
{
    (void)state;
    assert_table("type,md5,port\nc2,d41d8cd98f00b204e9800998ecf8427e,80\n",
                 "2:4 md5 d41d8cd98f00b204e9800998ecf8427e\n",
                 "1:1 remark unsupported type\n"
                 "1:1 remark unsupported port\n");
    assert_table("ip,port,md5\n,80,d41d8cd98f00b204e9800998ecf8427e\n",
                 "2:5 md5 d41d8cd98f00b204e9800998ecf8427e\n",
                 "2:2 remark value port\n");
    assert_table("type,value,port\nip-dst|port,192.0.2.1|443,80\n",
                 "2:13 ip-port 192.0.2.1:443\n", "2:27 remark value port\n");
}

static void
a_value_of_an_unknown_type_is_refused_beside_good_ones(void **state)
{
    (void)state;
    assert_table("ip,type,value,ioc\n192.0.2.1,oddity,a.example,b.example\n",
                 "2:1 ipv4 192.0.2.1\n",
                 "2:11 refused value type\n2:11 refused value type\n");
}

static void
hashes_and_addresses_are_known_by_their_form(void **state)
{
    static const char sha1[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    static const char sha512[] =
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
    char text[1024], items[1024];

    (void)state;
    snprintf(text, sizeof text,
             "hash,ip\n%s,192.0.2.1:80\n%s,/24\n%.32s,\n%.64s,\n", sha1, sha512,
             sha512, sha512);
    snprintf(items, sizeof items,
             "2:1 sha1 %s\n2:42 ip-port 192.0.2.1:80\n3:1 sha512 %s\n"
             "4:1 md5 %.32s\n5:1 sha256 %.64s\n",
             sha1, sha512, sha512, sha512);
    assert_table(text, items, "3:130 refused value ip\n");
}

static void
a_value_beyond_its_bound_is_refused(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "value\nhttp://a.example/");
    memset(buf_extend(&b, 20000), 'a', 20000);
    buf_put_str(&b, "\n192.0.2.1\n");
    assert_table_as(OBSERVABLE_NONE, NULL, buf_slice(&b),
                    "3:1 ipv4 192.0.2.1\n", "2:1 refused limit value\n");
    buf_clear(&b);
}

static void
of_two_columns_of_one_name_the_first_counts(void **state)
{
    (void)state;
    assert_table("type,value,type\nip,192.0.2.1,domain\n",
                 "2:4 ipv4 192.0.2.1\n", "1:1 remark unsupported type\n");
}

static void
a_table_without_a_header_is_known_by_its_first_values(void **state)
{
    (void)state;
    assert_table("2026-11-23 03:00:39,192.0.2.1,RTF\nx,evil.example,y\n",
                 "1:21 ipv4 192.0.2.1\n2:3 domain evil.example\n",
                 "1:1 remark unsupported column 1\n"
                 "1:1 remark unsupported column 3\n");
    assert_table("domain,evil.example,TLP:AMBER\nurl,b.example/x,red\n",
                 "1:8 domain evil.example TLP:AMBER\n"
                 "2:5 url b.example/x TLP:RED\n",
                 "");
    assert_table("value,evil.example\nb.example,c.example\n",
                 "2:1 domain b.example\n",
                 "1:1 remark unsupported evil.example\n");
    assert_table("nothing,here\n192.0.2.1,x\n", "",
                 "1:1 fatal missing nothing, here\n");
}

static void
a_tlp_column_decides_the_marking_of_its_row(void **state)
{
    (void)state;
    assert_table("value,TLP\n192.0.2.1,TLP:AMBER+STRICT\n192.0.2.2,white\n"
                 "192.0.2.3,amber-ish\n192.0.2.4,\n192.0.2.5, Clear \n",
                 "2:1 ipv4 192.0.2.1 TLP:AMBER+STRICT\n"
                 "3:1 ipv4 192.0.2.2 TLP:CLEAR\n5:1 ipv4 192.0.2.4\n"
                 "6:1 ipv4 192.0.2.5 TLP:CLEAR\n",
                 "4:11 refused value TLP\n");
    assert_table("value,tlp,marking,pap\n192.0.2.1,green,red,amber\n"
                 "192.0.2.2,red,green,x\n",
                 "2:1 ipv4 192.0.2.1 TLP:RED PAP:AMBER\n",
                 "3:21 refused value pap\n");
}

static void
labels_are_taken_apart_and_mark_too(void **state)
{
    (void)state;
    assert_table("value,tags\n192.0.2.1,\"a, b;;misp:x=\"\"c, d\"\"\"\n"
                 "192.0.2.2,\"tlp:red,tlp:green\"\n"
                 "192.0.2.3,\"tlp:ex:chr,pap:odd\"\n",
                 "2:1 ipv4 192.0.2.1 [a] [b] [misp:x=\"c, d\"]\n"
                 "3:1 ipv4 192.0.2.2 TLP:RED [tlp:red] [tlp:green]\n"
                 "4:1 ipv4 192.0.2.3 TLP:RED PAP:RED [tlp:ex:chr] [pap:odd]\n",
                 "");
}

static void
too_many_labels_refuse_their_row(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "value;tags\n192.0.2.1;");
    for (int i = 0; i < LABELS_MAX; i++)
        buf_put_str(&b, "a,");
    buf_put_str(&b, "b\n");
    assert_table_as(OBSERVABLE_NONE, NULL, buf_slice(&b), "",
                    "2:11 refused limit tags\n");
    buf_clear(&b);
}

static void
times_confidence_and_role_go_into_the_head(void **state)
{
    (void)state;
    assert_table(
        "value,first_seen,valid_until,confidence,role\n"
        "192.0.2.1,1970-01-02,1970-01-02,75,c2\n"
        "192.0.2.2,1970-01-01 00:00:01 UTC,1000000000,,\n"
        "192.0.2.3,1970-01-01T00:00:01.5+00:00,1970-01-01T00:00:02Z,0,\n"
        "192.0.2.4,2/10/17 3:46,,high,\n",
        "2:1 ipv4 192.0.2.1 confidence 75 from 86400000 until 172799000 "
        "role c2\n"
        "3:1 ipv4 192.0.2.2 from 1000 until 1000000000000\n"
        "4:1 ipv4 192.0.2.3 confidence 0 from 1500 until 2000\n"
        "5:1 ipv4 192.0.2.4\n",
        "5:11 remark value first_seen\n5:25 remark value confidence\n");
}

static void
a_role_limits_the_use_and_one_that_is_not_known_allows_none(void **state)
{
    (void)state;
    assert_table("value,role,to_ids\n192.0.2.1,Victim,1\n192.0.2.2,benign,0\n"
                 "192.0.2.3,c2,1\n192.0.2.4,c2,0\n192.0.2.5,server,1\n"
                 "192.0.2.6,,1\n",
                 "2:1 ipv4 192.0.2.1 use notify role victim\n"
                 "3:1 ipv4 192.0.2.2 use none [misp:to_ids=\"False\"] "
                 "role benign\n"
                 "4:1 ipv4 192.0.2.3 role c2\n"
                 "5:1 ipv4 192.0.2.4 use notify [misp:to_ids=\"False\"] "
                 "role c2\n"
                 "6:1 ipv4 192.0.2.5 use none role server\n"
                 "7:1 ipv4 192.0.2.6\n",
                 "6:11 remark value role\n");
}

static void
a_use_makes_stricter_and_one_that_is_not_known_refuses_its_row(void **state)
{
    (void)state;
    assert_table("value,use,role\n192.0.2.1,detect,c2\n192.0.2.2,block,victim\n"
                 "192.0.2.3,none,\n192.0.2.4,,c2\n192.0.2.5,ban,c2\n",
                 "2:1 ipv4 192.0.2.1 use detect role c2\n"
                 "3:1 ipv4 192.0.2.2 use notify role victim\n"
                 "4:1 ipv4 192.0.2.3 use none\n"
                 "5:1 ipv4 192.0.2.4 role c2\n",
                 "6:11 refused value use\n");
}

static void
what_was_revoked_or_is_only_a_part_is_no_indicator_again(void **state)
{
    (void)state;
    assert_table("value,meant,revoked\n192.0.2.1,yes,\n192.0.2.2,part,\n"
                 "192.0.2.3,yes,true\n192.0.2.4,,false\n192.0.2.5,,x\n",
                 "2:1 ipv4 192.0.2.1\n5:1 ipv4 192.0.2.4\n",
                 "3:11 refused value meant\n4:15 refused value revoked\n"
                 "6:12 refused value revoked\n");
}

static void
a_validity_that_cannot_be_read_or_be_refuses_its_row(void **state)
{
    (void)state;
    assert_table("value,valid_from,valid_until\n192.0.2.1,,tomorrow\n"
                 "192.0.2.2,2026-01-02,2026-01-01\n"
                 "192.0.2.3,,2026-02-30\n192.0.2.4,,2026-01-01T00:00:00+09:00\n"
                 "192.0.2.5,,0000000000000000000000000000000000000000000000\n",
                 "",
                 "2:12 refused value valid_until\n3:1 refused value\n"
                 "4:12 refused value valid_until\n"
                 "5:12 refused value valid_until\n"
                 "6:12 refused value valid_until\n");
}

static void
an_export_of_misp_keeps_what_says_how_it_is_handled(void **state)
{
    (void)state;
    assert_table(
        "uuid,event_id,category,type,value,comment,to_ids,date,"
        "attribute_tag,event_distribution\n"
        "u,1,n,ip-dst,192.0.2.1,c,1,20261123,tlp:amber,1\n"
        "u,1,n,ip-dst,192.0.2.2,c,0,20261123,,All communities\n"
        "u,1,n,ip-dst,192.0.2.3,c,1,20261123,,0\n"
        "u,1,n,ip-dst,192.0.2.4,c,1,20261123,,Sharing group\n"
        "u,1,n,ip-dst,192.0.2.6,c,true,20261123,,Your organisation only\n"
        "u,1,n,ip-dst,192.0.2.7,c,yes,20261123,,4\n"
        "u,1,n,ip-dst,192.0.2.8,c,no,20261123,,5\n"
        "u,1,n,ip-dst,192.0.2.9,c,False,20261123,pap:green;x,5\n"
        "u,1,n,ip-dst,192.0.2.5,c,maybe,20261123,,1\n",
        "2:14 ipv4 192.0.2.1 TLP:AMBER [tlp:amber]\n"
        "3:14 ipv4 192.0.2.2 use notify [misp:to_ids=\"False\"]\n"
        "8:14 ipv4 192.0.2.8 use notify [misp:to_ids=\"False\"]\n"
        "9:14 ipv4 192.0.2.9 PAP:GREEN use notify [misp:to_ids=\"False\"] "
        "[pap:green] "
        "[x]\n",
        "1:1 remark unsupported uuid\n1:1 remark unsupported event_id\n"
        "1:1 remark unsupported category\n1:1 remark unsupported comment\n"
        "1:1 remark unsupported date\n"
        "1:1 remark unsupported event_distribution\n"
        "4:38 refused policy event_distribution\n"
        "5:38 refused policy event_distribution\n"
        "6:41 refused policy event_distribution\n"
        "7:40 refused policy event_distribution\n"
        "10:26 refused value to_ids\n");
}

static void
what_a_person_says_of_the_columns_counts(void **state)
{
    (void)state;
    assert_mapped(
        "value=host,tlp=how", "Host,ip,how\nevil.example,192.0.2.1,red\n",
        "2:1 domain evil.example TLP:RED\n", "1:1 remark unsupported ip\n");
    assert_mapped("url=3, type = 1", "x,type,y\nfilename,ip,a.example/b\n",
                  "2:13 url a.example/b\n",
                  "1:1 remark unsupported x\n1:1 remark unsupported type\n");
    assert_mapped("filename=1,sha256=2,tlp=3", "a.exe,x,green\nb.exe,,red\n",
                  "2:1 file-name b.exe TLP:RED\n", "1:1 remark format\n");
    assert_mapped("value=2", "x,192.0.2.1,TLP:RED\n",
                  "1:3 ipv4 192.0.2.1 TLP:RED\n",
                  "1:1 remark unsupported column 1\n");
}

static void
a_column_that_is_not_there_is_refused_with_those_that_are(void **state)
{
    static const char table[] = "type,value\nip,192.0.2.1\n";

    (void)state;
    assert_mapped("value=hash", table, "",
                  "1:1 fatal not-found hash is none of type, value\n");
    assert_mapped("value=3", table, "",
                  "1:1 fatal not-found 3 is none of type, value\n");
    assert_mapped("value=0", table, "",
                  "1:1 fatal not-found 0 is none of type, value\n");
    assert_mapped("tlp=value", table, "", "1:1 fatal missing type, value\n");
}

static void
a_map_that_cannot_be_read_names_its_bad_part(void **state)
{
    static const char *const bad[][2] = {{"value", "value"},
                                         {"", ""},
                                         {"value=", "value="},
                                         {"value=1,nose=2", "nose=2"},
                                         {"comment=1", "comment=1"},
                                         {"domain|ip=1", "domain|ip=1"},
                                         {"value=1,", ""}};
    struct csv_map map = {.count = 7};
    struct slice part;
    struct buf many = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(csv_map_parse(slice_str(bad[i][0]), &map, &part),
                         ERR_VALUE);
        assert_true(slice_is(part, bad[i][1]));
        assert_int_equal(map.count, 7);
    }
    for (int i = 0; i <= CSV_MAP_MAX; i++)
        buf_put_str(&many, i ? ",ip=1" : "ip=1");
    assert_int_equal(csv_map_parse(buf_slice(&many), &map, &part), ERR_LIMIT);
    assert_non_null(strstr(csv_map_fields(), "valid-until"));
    buf_clear(&many);
}

static void
a_type_that_is_said_holds_where_no_column_says_one(void **state)
{
    (void)state;
    assert_table_as(OBSERVABLE_FILE_NAME, NULL, slice_str("a.exe\nb c.exe\n"),
                    "1:1 file-name a.exe\n2:1 file-name b c.exe\n", "");
    assert_table_as(OBSERVABLE_DOMAIN_TREE, NULL,
                    slice_str("value,type\na.example,\nb.example,domain\n"),
                    "2:1 domain-tree a.example\n3:1 domain b.example\n", "");
    assert_table_as(OBSERVABLE_MD5, NULL, slice_str("value\na.example\n/x\n"),
                    "", "2:1 refused value value\n3:1 refused value value\n");
    assert_table("value\n/etc/passwd\n", "", "2:1 refused value value\n");
}

static void
formulas_are_values_like_any_other(void **state)
{
    (void)state;
    assert_table("type,value\nfilename,=cmd|'/c calc'!A1\nip,+1+1\n",
                 "2:10 file-name =cmd|'/c calc'!A1\n",
                 "3:4 refused value value\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_by_their_whole_names_in_any_case),
        cmocka_unit_test(several_columns_of_values_give_several_messages),
        cmocka_unit_test(types_have_the_names_of_stix_misp_and_common_exports),
        cmocka_unit_test(pairs_of_misp_are_taken_apart),
        cmocka_unit_test(a_port_goes_behind_addresses_and_names),
        cmocka_unit_test(a_type_or_port_that_belongs_to_no_value_is_said),
        cmocka_unit_test(
            a_value_of_an_unknown_type_is_refused_beside_good_ones),
        cmocka_unit_test(hashes_and_addresses_are_known_by_their_form),
        cmocka_unit_test(a_value_beyond_its_bound_is_refused),
        cmocka_unit_test(of_two_columns_of_one_name_the_first_counts),
        cmocka_unit_test(a_table_without_a_header_is_known_by_its_first_values),
        cmocka_unit_test(a_tlp_column_decides_the_marking_of_its_row),
        cmocka_unit_test(labels_are_taken_apart_and_mark_too),
        cmocka_unit_test(too_many_labels_refuse_their_row),
        cmocka_unit_test(times_confidence_and_role_go_into_the_head),
        cmocka_unit_test(
            a_role_limits_the_use_and_one_that_is_not_known_allows_none),
        cmocka_unit_test(
            a_use_makes_stricter_and_one_that_is_not_known_refuses_its_row),
        cmocka_unit_test(
            what_was_revoked_or_is_only_a_part_is_no_indicator_again),
        cmocka_unit_test(a_validity_that_cannot_be_read_or_be_refuses_its_row),
        cmocka_unit_test(an_export_of_misp_keeps_what_says_how_it_is_handled),
        cmocka_unit_test(what_a_person_says_of_the_columns_counts),
        cmocka_unit_test(
            a_column_that_is_not_there_is_refused_with_those_that_are),
        cmocka_unit_test(a_map_that_cannot_be_read_names_its_bad_part),
        cmocka_unit_test(a_type_that_is_said_holds_where_no_column_says_one),
        cmocka_unit_test(formulas_are_values_like_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
