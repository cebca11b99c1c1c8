// An ODBC driver that misbehaves as its queries order: what of ODBC 3 rowtail and npm `odbc` call, with rows
// of two columns made up here. It exports the calls in bytes; the driver manager converts for callers in
// UTF-16. Tests build and register it (registration.ts); README.md lists what can be ordered.

#include "order.h"

#include <limits.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 2
#define DECLARED 20
#define MAX_TEXT (1024 * 1024)
#define NO_END LONG_MAX

/** What SQLGetDiagRec tells: `records` times the same. First in every handle. */
struct diagnosis {
  char state[6];
  const char *said;
  long records;
};

struct connection {
  struct diagnosis diagnosis;
  char directory[PATH_MAX];
  SQLUINTEGER is_dead;
};

struct column {
  SQLSMALLINT type;
  char *data;
  SQLLEN size;
  SQLLEN *length;
  /** Characters of the current row that SQLGetData has given. */
  size_t given;
};

struct statement {
  struct diagnosis diagnosis;
  struct connection *connection;
  char text[MAX_ORDER], order[MAX_ORDER];
  volatile int is_cancelled;
  long rows, row;
  SQLULEN block, *fetched;
  SQLUSMALLINT *status;
  struct column columns[COLUMNS];
  char cell[MAX_TEXT + 1];
};

static volatile int never;

static SQLRETURN fail(struct diagnosis *diagnosis, const char *state, const char *said, long records) {
  snprintf(diagnosis->state, sizeof diagnosis->state, "%s", state);
  diagnosis->said = said;
  diagnosis->records = records;
  return SQL_ERROR;
}

/** What can befall a statement at a moment of its life. */
static SQLRETURN undergo(struct statement *statement, const char *moment) {
  const char *order = statement->order;
  struct diagnosis *diagnosis = &statement->diagnosis;
  char words[32];
  suffer(order, moment);
  hang(order, moment, &statement->is_cancelled);
  if (statement->is_cancelled) return fail(diagnosis, "HY008", "Operation canceled", 1);
  snprintf(words, sizeof words, "error %s", moment);
  if (says(order, words)) return fail(diagnosis, "22012", "ordered to fail", number_of(order, "records", 1));
  snprintf(words, sizeof words, "lose %s", moment);
  if (!says(order, words)) return SQL_SUCCESS;
  statement->connection->is_dead = 1;
  return fail(diagnosis, "08S01", "ordered to lose the connection", 1);
}

// Handles

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *handle) {
  size_t size = type == SQL_HANDLE_STMT ? sizeof(struct statement) : sizeof(struct connection);
  *handle = calloc(1, size);
  if (*handle == NULL) return SQL_ERROR;
  if (type == SQL_HANDLE_STMT) {
    struct statement *statement = *handle;
    statement->connection = parent;
    statement->block = 1;
  }
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle) {
  (void)type;
  free(handle);
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record, SQLCHAR *state,
                                SQLINTEGER *native, SQLCHAR *text, SQLSMALLINT size, SQLSMALLINT *length) {
  struct diagnosis *diagnosis = handle;
  (void)type;
  if (diagnosis->records == 0) return SQL_NO_DATA;
  // The number of a record has 16 bits; a driver that floods does not look at it.
  if (diagnosis->records != -1 && record > diagnosis->records) return SQL_NO_DATA;
  snprintf((char *)state, 6, "%s", diagnosis->state);
  *native = 1;
  *length = (SQLSMALLINT)snprintf((char *)text, size, "%s", diagnosis->said);
  return SQL_SUCCESS;
}

/** The driver manager asks for records only where a driver has both calls. */
SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record, SQLSMALLINT field,
                                  SQLPOINTER value, SQLSMALLINT size, SQLSMALLINT *length) {
  struct diagnosis *diagnosis = handle;
  (void)type, (void)record, (void)size, (void)length;
  if (field != SQL_DIAG_NUMBER) return SQL_ERROR;
  *(SQLINTEGER *)value = (SQLINTEGER)diagnosis->records;
  return SQL_SUCCESS;
}

// Connections

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV env, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length) {
  (void)env, (void)name, (void)value, (void)length;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC dbc, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length) {
  return SQLSetEnvAttr(dbc, name, value, length);
}

SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC dbc, SQLINTEGER name, SQLPOINTER value, SQLINTEGER size,
                                    SQLINTEGER *length) {
  struct connection *connection = dbc;
  (void)size, (void)length;
  *(SQLUINTEGER *)value = name == SQL_ATTR_CONNECTION_DEAD ? connection->is_dead : 0;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC dbc, SQLHWND window, SQLCHAR *in, SQLSMALLINT in_length,
                                   SQLCHAR *out, SQLSMALLINT size, SQLSMALLINT *out_length,
                                   SQLUSMALLINT completion) {
  struct connection *connection = dbc;
  char order[MAX_ORDER];
  const char *directory = strstr((char *)in, "Orders=");
  (void)window, (void)in_length, (void)out, (void)size, (void)out_length, (void)completion;
  if (directory != NULL) sscanf(directory, "Orders=%4000[^;]", connection->directory);
  read_order(connection->directory, "connect", order);
  suffer(order, "connect");
  hang(order, "connect", &never);
  if (says(order, "error connect")) return fail(&connection->diagnosis, "08001", "ordered to refuse", 1);
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC dbc) {
  (void)dbc;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetInfo(SQLHDBC dbc, SQLUSMALLINT info, SQLPOINTER value, SQLSMALLINT size,
                             SQLSMALLINT *length) {
  const char *text = info == SQL_DRIVER_NAME ? "faulty" : info == SQL_DRIVER_ODBC_VER ? "03.51" : "";
  (void)dbc;
  if (info == SQL_GETDATA_EXTENSIONS) *(SQLUINTEGER *)value = SQL_GD_ANY_COLUMN | SQL_GD_BOUND;
  else if (info == SQL_TXN_ISOLATION_OPTION) *(SQLUINTEGER *)value = SQL_TXN_READ_COMMITTED;
  else if (info == SQL_CURSOR_COMMIT_BEHAVIOR || info == SQL_CURSOR_ROLLBACK_BEHAVIOR)
    *(SQLUSMALLINT *)value = SQL_CB_CLOSE;
  else if (info == SQL_MAX_COLUMN_NAME_LEN) *(SQLUSMALLINT *)value = 64;
  else {
    int written = snprintf(value, size < 0 ? 0 : size, "%s", text);
    if (length != NULL) *length = (SQLSMALLINT)written;
  }
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT completion) {
  (void)type, (void)handle, (void)completion;
  return SQL_SUCCESS;
}

// Statements

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT stmt, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length) {
  struct statement *statement = stmt;
  (void)length;
  if (name == SQL_ATTR_ROW_ARRAY_SIZE) statement->block = (SQLULEN)value;
  if (name == SQL_ATTR_ROWS_FETCHED_PTR) statement->fetched = value;
  if (name == SQL_ATTR_ROW_STATUS_PTR) statement->status = value;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT stmt, SQLINTEGER name, SQLPOINTER value, SQLINTEGER size,
                                 SQLINTEGER *length) {
  (void)stmt, (void)name, (void)value, (void)size, (void)length;
  return SQL_ERROR;
}

SQLRETURN SQL_API SQLPrepare(SQLHSTMT stmt, SQLCHAR *text, SQLINTEGER length) {
  struct statement *statement = stmt;
  int characters = length == SQL_NTS ? MAX_ORDER : (int)length;
  snprintf(statement->text, sizeof statement->text, "%.*s", characters, (char *)text);
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLExecute(SQLHSTMT stmt) {
  struct statement *statement = stmt;
  char *order = statement->order;
  char file[64] = "";
  snprintf(order, MAX_ORDER, "%s", statement->text);
  if (sscanf(order, "obey %63s", file) == 1) read_order(statement->connection->directory, file, order);
  statement->row = 0;
  statement->rows = says(order, "flood") ? NO_END : number_of(order, "rows", 1);
  return undergo(statement, "execute");
}

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT stmt, SQLCHAR *text, SQLINTEGER length) {
  SQLPrepare(stmt, text, length);
  return SQLExecute(stmt);
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT stmt) {
  struct statement *statement = stmt;
  suffer(statement->order, "cancel");
  hang(statement->order, "cancel", &never);
  if (!says(statement->order, "deaf")) statement->is_cancelled = 1;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLNumParams(SQLHSTMT stmt, SQLSMALLINT *count) {
  (void)stmt;
  *count = 0;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLRowCount(SQLHSTMT stmt, SQLLEN *count) {
  (void)stmt;
  *count = -1;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLMoreResults(SQLHSTMT stmt) {
  (void)stmt;
  return SQL_NO_DATA;
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT stmt, SQLUSMALLINT option) {
  struct statement *statement = stmt;
  if (option == SQL_UNBIND) memset(statement->columns, 0, sizeof statement->columns);
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLCloseCursor(SQLHSTMT stmt) { return SQLFreeStmt(stmt, SQL_CLOSE); }

// Columns: `n`, the number of the row from 1, and `text`

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT stmt, SQLSMALLINT *count) {
  struct statement *statement = stmt;
  *count = (SQLSMALLINT)number_of(statement->order, "columns", COLUMNS);
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT stmt, SQLUSMALLINT number, SQLCHAR *name, SQLSMALLINT room,
                                 SQLSMALLINT *length, SQLSMALLINT *type, SQLULEN *size,
                                 SQLSMALLINT *digits, SQLSMALLINT *nullable) {
  struct statement *statement = stmt;
  if (number > COLUMNS) return fail(&statement->diagnosis, "07009", "there is no such column", 1);
  if (undergo(statement, "describe") == SQL_ERROR) return SQL_ERROR;
  *length = (SQLSMALLINT)snprintf((char *)name, room, "%s", number == 1 ? "n" : "text");
  *type = number == 1 ? SQL_INTEGER : SQL_VARCHAR;
  *size = number == 1 ? 10 : number_of(statement->order, "declared", DECLARED);
  *digits = 0;
  *nullable = SQL_NULLABLE;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLColAttribute(SQLHSTMT stmt, SQLUSMALLINT number, SQLUSMALLINT field, SQLPOINTER text,
                                  SQLSMALLINT room, SQLSMALLINT *length, SQLLEN *value) {
  (void)stmt;
  if (field == SQL_DESC_TYPE_NAME)
    *length = (SQLSMALLINT)snprintf(text, room, "%s", number == 1 ? "integer" : "varchar");
  else if (value != NULL) *value = 0;
  return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLBindCol(SQLHSTMT stmt, SQLUSMALLINT number, SQLSMALLINT type, SQLPOINTER data,
                             SQLLEN size, SQLLEN *length) {
  struct statement *statement = stmt;
  if (number > COLUMNS) return fail(&statement->diagnosis, "07009", "there is no such column", 1);
  statement->columns[number - 1] = (struct column){.type = type, .data = data, .size = size, .length = length};
  return SQL_SUCCESS;
}

// Rows

/** Characters of the cell of the current row, which is then in `cell`. */
static size_t cell_of(struct statement *statement, int number) {
  if (number == 1) return snprintf(statement->cell, MAX_TEXT, "%ld", statement->row);
  long length = number_of(statement->order, "text", 4);
  size_t characters = length < 0 || length > MAX_TEXT ? 0 : (size_t)length;
  memset(statement->cell, 'x', characters);
  return characters;
}

/** Gives `count` characters as the type wants them, as many as there is room for; returns how many. */
static size_t put(const char *from, size_t count, SQLSMALLINT type, char *data, SQLLEN size) {
  size_t unit = type == SQL_C_WCHAR ? 2 : 1;
  size_t room = size < (SQLLEN)unit ? 0 : size / unit - 1;
  size_t given = count < room ? count : room;
  for (size_t at = 0; at <= given; at++) {
    char character = at == given ? 0 : from[at];
    if (unit == 1) data[at] = character;
    else ((SQLWCHAR *)data)[at] = (SQLWCHAR)character;
  }
  return given;
}

static void put_bound(struct statement *statement, int number, SQLULEN row) {
  struct column *column = &statement->columns[number - 1];
  if (column->data == NULL) return;
  size_t characters = cell_of(statement, number);
  SQLLEN bytes = column->type == SQL_C_WCHAR ? 2 * characters : characters;
  if (column->type == SQL_C_SLONG || column->type == SQL_C_LONG) {
    ((SQLINTEGER *)column->data)[row] = (SQLINTEGER)statement->row;
    bytes = sizeof(SQLINTEGER);
  } else
    put(statement->cell, characters, column->type, column->data + row * column->size, column->size);
  if (number == COLUMNS) bytes = number_of(statement->order, "length", bytes);
  if (column->length != NULL) column->length[row] = bytes;
  column->given = 0;
}

/** The block ends with a row that could not be read, as ODBC has it told. */
static SQLRETURN spoil(struct statement *statement, SQLULEN row) {
  fail(&statement->diagnosis, "22018", "ordered to spoil a row", 1);
  for (SQLULEN rest = row + 1; rest < statement->block; rest++) statement->status[rest] = SQL_ROW_NOROW;
  statement->status[row] = SQL_ROW_ERROR;
  *statement->fetched = row + 1;
  return SQL_SUCCESS_WITH_INFO;
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT stmt) {
  struct statement *statement = stmt;
  long pause_ms = number_of(statement->order, "slow", 0);
  SQLULEN count = 0;
  for (; count < statement->block && statement->row < statement->rows; count++) {
    if (statement->row == faulty_row(statement->order)) {
      if (undergo(statement, "fetch") == SQL_ERROR) return SQL_ERROR;
      if (says(statement->order, "spoil row")) return spoil(statement, count);
    }
    if (pause_ms > 0) usleep(1000 * pause_ms);
    if (statement->is_cancelled) return fail(&statement->diagnosis, "HY008", "Operation canceled", 1);
    statement->row++;
    for (int number = 1; number <= COLUMNS; number++) put_bound(statement, number, count);
    if (statement->status != NULL) statement->status[count] = SQL_ROW_SUCCESS;
  }
  for (SQLULEN row = count; row < statement->block && statement->status != NULL; row++)
    statement->status[row] = SQL_ROW_NOROW;
  if (statement->fetched != NULL) *statement->fetched = number_of(statement->order, "fetched", count);
  return count == 0 ? SQL_NO_DATA : SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetData(SQLHSTMT stmt, SQLUSMALLINT number, SQLSMALLINT type, SQLPOINTER data,
                             SQLLEN size, SQLLEN *length) {
  struct statement *statement = stmt;
  struct column *column = &statement->columns[number - 1];
  size_t left = cell_of(statement, number) - column->given;
  if (left == 0 && column->given > 0) return SQL_NO_DATA;
  size_t given = put(statement->cell + column->given, left, type, data, size);
  SQLLEN bytes = type == SQL_C_WCHAR ? 2 * left : left;
  *length = number == COLUMNS ? number_of(statement->order, "length", bytes) : bytes;
  column->given += given;
  return given == left ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
}
