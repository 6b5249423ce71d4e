#include "env/real/system_routes.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using Names = std::vector<std::string>;

TEST(SystemRoutes, TakesTheDefaultGatewaysOfIpv4) {
    EXPECT_EQ(ipv4_gateways("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
                            "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0  \n"
                            "wlan0\t00000000\t01B2A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                            "eth0\t0002000A\t01020304\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                            "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
                            "eth1\t00000000\t01020304\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"
                            "tun0\t00000000\t01020304\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"),
              (Names{"192.0.2.1", "192.168.178.1"}));
}

TEST(SystemRoutes, TakesTheDefaultGatewaysOfIpv6WithTheInterfaceOfALinkLocalOne) {
    const std::string none(32, '0');
    EXPECT_EQ(ipv6_gateways(none + " 00 " + none +
                            " 00 20010db8000000000000000000000001 00000400 3 0 00000003 eth0\n" +
                            none + " 00 " + none +
                            " 00 fe800000000000000000000000000001 00000400 3 0 00450003 eth0\n" +
                            none + " 00 " + none + " 00 " + none + " ffffffff 1 0 00200200 lo\n" +
                            "20010db8000000000000000000000000 40 " + none + " 00 " + none +
                            " 00000100 1 0 00000001 eth0\n"),
              (Names{"2001:db8::1", "fe80::1%eth0"}));
}

TEST(SystemRoutes, TakesTheFirstThreeNameServers) {
    EXPECT_EQ(name_servers("# nameserver 192.0.2.9\nsearch example.com\nnameserver 192.0.2.1\n"
                           "  nameserver\t2001:db8::1  # here\noptions edns0\nnameserver\n"
                           "nameserver 192.0.2.3\nnameserver 192.0.2.4"),
              (Names{"192.0.2.1", "2001:db8::1", "192.0.2.3"}));
}

TEST(SystemRoutes, LeaveOutWhatCannotBeUnderstood) {
    for (const char* const text : {"", "\n\n", "x", "a b c d e f g h i j", "eth0 0 zz 0003 0 0 0 0",
                                   "0 00 0 00 xyz 0 0 0 0003 eth0", "nameserver"}) {
        EXPECT_EQ(ipv4_gateways(text), Names{}) << text;
        EXPECT_EQ(ipv6_gateways(text), Names{}) << text;
        EXPECT_EQ(name_servers(text), Names{}) << text;
    }
}

}  // namespace
}  // namespace vigia
