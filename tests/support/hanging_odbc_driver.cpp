// An ODBC driver for tests: it answers every query with one row holding 1, and hangs where its
// connection string says, until the file that it names is gone. As much of ODBC as OdbcSession
// calls. Built as a shared library and loaded by unixODBC.
//
//   APP=connect∣execute∣fetch∣disconnect   where it hangs (with execute, cancelling hangs too);
//           refuse: SQLSTATE 28000 instead
//   WSID=FILE                               for as long as that exists

#include <cstring>
#include <poll.h>
#include <sql.h>
#include <sqlext.h>
#include <string>
#include <unistd.h>

namespace {

struct Handle {
    std::string hang;
    std::string until;
    bool fetched = false;
    bool failed = false;
};

Handle& of(SQLHANDLE handle) {
    return *static_cast<Handle*>(handle);
}

/// The value of `KEYWORD=` in a connection string of plain values.
std::string value_of(const std::string& text, const std::string& keyword) {
    const std::size_t at = text.find(keyword + '=');
    if (at == std::string::npos) return {};
    const std::size_t begin = at + keyword.size() + 1;
    return text.substr(begin, text.find(';', begin) - begin);
}

void hang_at(const Handle& handle, const char* place) {
    constexpr int kLookMs = 5;
    while (handle.hang == place && ::access(handle.until.c_str(), F_OK) == 0) {
        ::poll(nullptr, 0, kLookMs);
    }
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT, SQLHANDLE parent, SQLHANDLE* result) {
    *result = parent == nullptr ? new Handle : new Handle(of(parent));
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT, SQLHANDLE handle) {
    delete &of(handle);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT, SQLUSMALLINT) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC, SQLINTEGER, SQLPOINTER, SQLINTEGER, SQLINTEGER*) {
    return SQL_ERROR;
}

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT, SQLINTEGER, SQLPOINTER value, SQLINTEGER, SQLINTEGER*) {
    if (value != nullptr) *static_cast<SQLPOINTER*>(value) = nullptr;
    return SQL_SUCCESS;
}

// tidy: allow(size-parameters) as ODBC has it
SQLRETURN SQL_API SQLDriverConnect(SQLHDBC connection, SQLHWND, SQLCHAR* text, SQLSMALLINT,
                                   SQLCHAR*, SQLSMALLINT, SQLSMALLINT*, SQLUSMALLINT) {
    const std::string string = reinterpret_cast<const char*>(text);
    Handle& handle = of(connection);
    handle.hang = value_of(string, "APP");
    handle.until = value_of(string, "WSID");
    hang_at(handle, "connect");
    handle.failed = handle.hang == "refuse";
    return handle.failed ? SQL_ERROR : SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC connection) {
    hang_at(of(connection), "disconnect");
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT statement, SQLCHAR*, SQLINTEGER) {
    hang_at(of(statement), "execute");
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT, SQLSMALLINT* count) {
    *count = 1;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT statement) {
    hang_at(of(statement), "fetch");
    if (of(statement).fetched) return SQL_NO_DATA;
    of(statement).fetched = true;
    return SQL_SUCCESS;
}

// tidy: allow(size-parameters) as ODBC has it
SQLRETURN SQL_API SQLGetData(SQLHSTMT, SQLUSMALLINT, SQLSMALLINT, SQLPOINTER value, SQLLEN,
                             SQLLEN* size) {
    constexpr char16_t kOne[] = u"1";
    std::memcpy(value, kOne, sizeof kOne);
    *size = sizeof(char16_t);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLMoreResults(SQLHSTMT) {
    return SQL_NO_DATA;
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT statement) {
    hang_at(of(statement), "execute");
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT, SQLHANDLE, SQLSMALLINT) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetInfo(SQLHDBC, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT room,
                             SQLSMALLINT* size) {
    if (what != SQL_DBMS_NAME && what != SQL_DBMS_VER && what != SQL_DRIVER_ODBC_VER) {
        return SQL_ERROR;
    }
    const char* const text = what == SQL_DBMS_NAME ? "Hanging" : "03.00";
    std::strncpy(static_cast<char*>(value), text, static_cast<std::size_t>(room));
    if (size != nullptr) *size = static_cast<SQLSMALLINT>(std::strlen(text));
    return SQL_SUCCESS;
}

// tidy: allow(size-parameters) as ODBC has it
SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT number, SQLCHAR* state,
                                SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT room,
                                SQLSMALLINT* size) {
    if (number != 1 || !of(handle).failed) return SQL_NO_DATA;
    constexpr const char* kText = "[Hanging]not you";
    std::memcpy(state, "28000", SQL_SQLSTATE_SIZE + 1);
    *native = 0;
    std::strncpy(reinterpret_cast<char*>(text), kText, static_cast<std::size_t>(room));
    *size = static_cast<SQLSMALLINT>(std::strlen(kText));
    return SQL_SUCCESS;
}

}  // extern "C"
