/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * Tables with one entry for each value of an enum.
 */


#ifndef _CLEAR_TABLE_H_INCLUDED_
#define _CLEAR_TABLE_H_INCLUDED_


/*
 * Fails to compile where the table has not one entry for each value from 0 to
 * last.  Stands after the table, in its file.
 */
#define clear_table(table, last)                                             \
    _Static_assert(sizeof(table) / sizeof((table)[0]) == (last) + 1,         \
                   #table " has one entry for each value up to " #last)

/* likewise where a value does not fit in a field of so many bits */
#define clear_fits(last, bits)                                               \
    _Static_assert((last) < 1 << (bits), #last " fits in " #bits " bits")


#endif /* _CLEAR_TABLE_H_INCLUDED_ */
