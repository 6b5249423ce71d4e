// Asio's TLS streams, once: only the tests' servers use them (see src/env/asio_impl.cpp).
#include <boost/asio/ssl/impl/src.hpp>
