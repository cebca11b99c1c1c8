// What a query orders the faulty driver to do, and how one looks it up. README.md lists the words.

#ifndef ORDER_H
#define ORDER_H

#define MAX_ORDER 512

/** Fills `order` with the file `directory`/`name`; with nothing where there is no such file. */
void read_order(const char *directory, const char *name, char *order);

/** True where the order holds these words. */
int says(const char *order, const char *words);

/** The number behind the words, or `otherwise` where the order does not hold them. */
long number_of(const char *order, const char *words, long otherwise);

/** The row before which a fault of the fetch happens: `hang fetch after 3`; the first without `after`. */
long faulty_row(const char *order);

/** Dies or leaks, where the order names this moment (`segfault fetch`), and returns where it does not. */
void suffer(const char *order, const char *moment);

/** Waits as long as the order says `hang <moment>`, or until `*is_over`. */
void hang(const char *order, const char *moment, const volatile int *is_over);

#endif
