// Precompiled for the test suites: the modules' own and GoogleTest.
#pragma once

#include "asio.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
