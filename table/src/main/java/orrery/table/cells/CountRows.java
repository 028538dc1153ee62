package orrery.table.cells;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Rows of counts, of which most are zero: topics of a word, neighbours of a node. A row takes memory for the counts that
 * are above zero, in the cheapest of several forms, and changes its form as it fills up (the "differential data structure" of
 * Yuan et al., "LightLDA: Big Topic Models on Modest Compute Clusters", WWW 2015).
 *
 * <p>An entry is a column and its count. Where both fit 16 bits they share one cell; where not, a row has its columns side by
 * side and after them its counts.
 *
 * <p>Whoever computes with whole rows may read {@link #cells} directly: {@link #at}, {@link #span} and {@link #form} say where
 * a row is. What these return holds until the next change of any row. Confined to the thread that holds the rows.
 */
public final class CountRows {
    /** Cells after the last row, so that vectors of as many may be read from any cell of a row. */
    public static final int BEYOND = 16;

    /** Entries in the order in which they came, {@code column << 16 | count} each. */
    public static final int LIST = 0;

    /** The same entries, each where its column's hash says; the others are zero. */
    public static final int HASH = 1;

    /** A count for each column. */
    public static final int DENSE = 2;

    /** Columns in the order in which they came, then their counts. */
    public static final int WIDE_LIST = 3;

    /** The same, each where its column's hash says; the others have a count of zero. */
    public static final int WIDE_HASH = 4;

    /** A count and a column must be below this to share a cell. */
    public static final int NARROW = 1 << 16;

    private static final int MOST_CELLS = Integer.MAX_VALUE - 8;
    private static final ValueLayout.OfInt CELL = ValueLayout.JAVA_INT;
    private static final int FORM_SHIFT = 28;
    private static final int SPAN_MASK = (1 << FORM_SHIFT) - 1;
    private static final int MOST_IN_LIST =
            1024; // who goes over a row looks at all of it: hashed ones have two to four times the places
    private static final int DENSE_PART =
            4; // dense from a quarter of all columns on: reading on is faster than gathering
    private static final int SHRUNK_PART = 8; // rows have other room once they use less than this part of it
    private static final int LEAST_SHRUNK = 16; // places

    /** Which forms rows may have. */
    public enum Structure {
        /** Short rows are lists, longer ones hashed, full ones dense. */
        MIXED,
        /** A count for each column, for comparison. */
        ALL_DENSE,
        /** Hashed, for comparison. */
        ALL_HASHED
    }

    private final int rows;
    private final int width;
    private Structure structure;
    private final int[] starts; // by row: its first cell
    private final int[] rooms; // by row: entries that it has room for; of a dense one the columns
    private final int[] used; // by row: entries above zero
    private final byte[] forms;
    private int[] cells;
    private int end; // of what is in use
    private long unused; // cells of rows that have moved
    private long probes;
    private final int[][] free = new int[2 * Integer.SIZE][]; // by class of size: starts of such pieces
    private final int[] freeCount = new int[2 * Integer.SIZE];

    /** Rows of zeros. */
    public CountRows(int rows, int width) {
        this(rows, width, Structure.MIXED);
    }

    /**
     * Rows of zeros.
     *
     * @param width columns of a row
     */
    public CountRows(int rows, int width, Structure structure) {
        if (rows < 0 || width < 1 || width > SPAN_MASK / 2) {
            throw new IllegalArgumentException("there are no " + rows + " rows of " + width + " columns");
        }
        this.rows = rows;
        this.width = width;
        this.structure = structure;
        starts = new int[rows];
        rooms = new int[rows];
        used = new int[rows];
        forms = new byte[rows];
        cells = new int[BEYOND];
        Arrays.fill(forms, (byte) firstForm());
    }

    /** The same rows, on their own from now on. */
    public CountRows copy() {
        var copy = new CountRows(rows, width, structure);
        System.arraycopy(starts, 0, copy.starts, 0, rows);
        System.arraycopy(rooms, 0, copy.rooms, 0, rows);
        System.arraycopy(used, 0, copy.used, 0, rows);
        System.arraycopy(forms, 0, copy.forms, 0, rows);
        copy.cells = Arrays.copyOf(cells, end + BEYOND);
        copy.end = end;
        copy.unused = unused;
        return copy;
    }

    /** Which forms rows have from now on; those that have others keep them until they grow. */
    public void use(Structure structure) {
        this.structure = structure;
        if (structure == Structure.ALL_HASHED) {
            probe();
        }
    }

    /** How many places single counts have been looked for in. */
    public long probes() {
        return probes;
    }

    /**
     * From now on, rows that are empty or lists are hashed however short: for those who look single counts up, and do not go
     * over whole rows.
     */
    public void probe() {
        for (int row = 0; row < rows; row++) {
            if (forms[row] == LIST || forms[row] == WIDE_LIST) {
                int form = forms[row] == LIST ? HASH : WIDE_HASH;
                if (used[row] == 0) {
                    release(starts[row], cellsOf(forms[row], rooms[row]));
                    forms[row] = (byte) form;
                    rooms[row] = 0;
                    starts[row] = 0;
                } else {
                    reform(row, form, roomOfHash(used[row]));
                }
            }
        }
    }

    /**
     * Gives back the room of rows that have become much shorter.
     *
     * @param forLookups whether they are to be hashed however short, as {@link #probe} has it; else short ones are lists
     */
    public void shrink(boolean forLookups) {
        for (int row = 0; row < rows && structure == Structure.MIXED; row++) {
            int form = forms[row];
            int entries = Math.max(1, used[row]);
            if (form == LIST || form == WIDE_LIST || rooms[row] < LEAST_SHRUNK || entries > rooms[row] / SHRUNK_PART) {
                continue;
            }
            boolean isWide = form == WIDE_HASH || width > NARROW || (form == DENSE && most(row) >= NARROW);
            boolean isList = !forLookups && entries <= MOST_IN_LIST;
            reform(
                    row,
                    isList ? isWide ? WIDE_LIST : LIST : isWide ? WIDE_HASH : HASH,
                    isList ? size(classOf(entries)) : roomOfHash(entries));
        }
    }

    private int most(int denseRow) {
        int most = 0;
        for (int i = starts[denseRow], end = i + width; i < end; i++) {
            most = Math.max(most, cells[i]);
        }
        return most;
    }

    private int firstForm() {
        boolean isNarrow = width <= NARROW;
        return switch (structure) {
            case ALL_HASHED -> isNarrow ? HASH : WIDE_HASH;
            case ALL_DENSE, MIXED -> isNarrow ? LIST : WIDE_LIST;
        };
    }

    public int rows() {
        return rows;
    }

    public int width() {
        return width;
    }

    /** Counts of a row that are above zero. */
    public int nonZeros(int row) {
        return used[row];
    }

    /** Bytes that all of it takes. */
    public long bytes() {
        long free = 0;
        for (int[] ofClass : this.free) {
            free += ofClass == null ? 0 : ofClass.length;
        }
        return (cells.length + free + 3L * rows) * Integer.BYTES + rows;
    }

    // For those who compute with whole rows

    /** The cells of all rows. */
    public int[] cells() {
        return cells;
    }

    /** The first cell of a row. */
    public int at(int row) {
        return starts[row];
    }

    /** Entries of a row to be looked at: of a list those in use, of a hashed row all places, of a dense one all columns. */
    public int span(int row) {
        int form = forms[row];
        return form == LIST || form == WIDE_LIST ? used[row] : rooms[row];
    }

    /** Cells from a row's columns to its counts, in the wide forms. */
    public int room(int row) {
        return rooms[row];
    }

    /** What form a row has. */
    public int form(int row) {
        return forms[row];
    }

    // One count

    /** A count. */
    public int count(int row, int column) {
        int i = find(row, column);
        return i < 0 ? 0 : countAt(row, i);
    }

    private int countAt(int row, int i) {
        int at = starts[row] + i;
        return switch (forms[row]) {
            case LIST, HASH -> cells[at] & (NARROW - 1);
            case DENSE -> cells[at];
            default -> cells[at + rooms[row]];
        };
    }

    private void setAt(int row, int i, int column, int count) {
        int at = starts[row] + i;
        switch (forms[row]) {
            case LIST, HASH -> cells[at] = count == 0 ? 0 : (column << 16) | count;
            case DENSE -> cells[at] = count;
            default -> {
                cells[at] = column;
                cells[at + rooms[row]] = count;
            }
        }
    }

    /** The column of an entry. */
    public int columnAt(int row, int i) {
        return switch (forms[row]) {
            case LIST, HASH -> cells[starts[row] + i] >>> 16;
            case DENSE -> i;
            default -> cells[starts[row] + i];
        };
    }

    /** The place of a column among the entries of its row, or -1 if its count is zero. */
    public int find(int row, int column) {
        int at = starts[row];
        switch (forms[row]) {
            case LIST -> {
                for (int i = 0, n = used[row]; i < n; i++) {
                    probes++;
                    if (cells[at + i] >>> 16 == column) {
                        return i;
                    }
                }
                return -1;
            }
            case WIDE_LIST -> {
                for (int i = 0, n = used[row]; i < n; i++) {
                    probes++;
                    if (cells[at + i] == column) {
                        return i;
                    }
                }
                return -1;
            }
            case DENSE -> {
                probes++;
                return cells[at + column] == 0 ? -1 : column;
            }
            default -> {
                int room = rooms[row];
                for (int i = room == 0 ? -1 : place(column, room); i >= 0; i = (i + 1) & (room - 1)) {
                    probes++;
                    if (countAt(row, i) == 0) {
                        return -1;
                    }
                    if (columnAt(row, i) == column) {
                        return i;
                    }
                }
                return -1;
            }
        }
    }

    private static int place(int column, int room) {
        return room == 1 ? 0 : (column * 0x9e3779b1) >>> Integer.numberOfLeadingZeros(room - 1);
    }

    /**
     * Adds to a count.
     *
     * @throws ArithmeticException if it would be below zero, or more than an int can hold
     */
    public void add(int row, int column, int change) {
        if (column < 0 || column >= width) {
            throw new IndexOutOfBoundsException("rows have columns 0 to " + (width - 1) + ", asked for " + column);
        }
        int i = find(row, column);
        if (i >= 0) {
            addAt(row, i, change);
        } else if (change > 0) {
            insert(row, column, change);
        } else if (change < 0) {
            throw new ArithmeticException("the count of row " + row + ", column " + column + " would be " + change
                    + ": counts are 0 or more");
        }
    }

    /** Adds to the count of an entry, which goes if it becomes zero. */
    public void addAt(int row, int i, int change) {
        int old = countAt(row, i);
        int count = old + change;
        int column = columnAt(row, i);
        if (count < 0) {
            throw new ArithmeticException("the count of row " + row + ", column " + column + " would be "
                    + ((long) old + change) + (change > 0 ? ", which no int can hold" : ": counts are 0 or more"));
        }
        if (count == 0) {
            remove(row, i);
        } else if (count >= NARROW && (forms[row] == LIST || forms[row] == HASH)) {
            reform(row, forms[row] == LIST ? WIDE_LIST : WIDE_HASH, rooms[row]);
            add(row, column, change);
        } else {
            setAt(row, i, column, count);
        }
    }

    private void insert(int row, int column, int count) {
        makeRoom(row);
        boolean isNarrow = forms[row] == LIST || forms[row] == HASH;
        if (isNarrow && count >= NARROW) {
            reform(row, forms[row] == LIST ? WIDE_LIST : WIDE_HASH, rooms[row]);
        }
        put(row, column, count);
    }

    /** Puts an entry that is not there where it belongs; there is room. */
    private void put(int row, int column, int count) {
        int form = forms[row];
        int i = used[row]++;
        if (form == DENSE) {
            i = column;
        } else if (form == HASH || form == WIDE_HASH) {
            int room = rooms[row];
            i = place(column, room);
            while (countAt(row, i) != 0) {
                i = (i + 1) & (room - 1);
            }
        }
        setAt(row, i, column, count);
    }

    private void remove(int row, int i) {
        int last = --used[row];
        switch (forms[row]) {
            case DENSE -> setAt(row, i, i, 0);
            case LIST, WIDE_LIST -> {
                setAt(row, i, columnAt(row, last), countAt(row, last));
                setAt(row, last, 0, 0);
            }
            default -> removeHashed(row, i);
        }
    }

    /** Entries that are not where their hash says, since others were there, move up. */
    private void removeHashed(int row, int hole) {
        int room = rooms[row];
        for (int i = (hole + 1) & (room - 1); countAt(row, i) != 0; i = (i + 1) & (room - 1)) {
            int wanted = place(columnAt(row, i), room);
            if (((i - wanted) & (room - 1)) >= ((i - hole) & (room - 1))) {
                setAt(row, hole, columnAt(row, i), countAt(row, i));
                hole = i;
            }
        }
        setAt(row, hole, 0, 0);
    }

    // Forms

    /** Makes room for one more entry, in the form that suits so many. */
    private void makeRoom(int row) {
        int form = forms[row];
        int next = used[row] + 1;
        if (form == DENSE) {
            return;
        }
        boolean isWide = form == WIDE_LIST || form == WIDE_HASH;
        boolean isList = form == LIST || form == WIDE_LIST;
        if (structure == Structure.ALL_DENSE
                || (structure == Structure.MIXED && next > Math.max(1, width / DENSE_PART))) {
            reform(row, DENSE, width);
        } else if (isList && next > MOST_IN_LIST) {
            reform(row, isWide ? WIDE_HASH : HASH, roomOfHash(next));
        } else if (isList && next > rooms[row]) {
            reform(row, form, size(classOf(next)));
        } else if (!isList && 2 * next > rooms[row]) {
            reform(row, form, roomOfHash(next));
        }
    }

    private static int roomOfHash(int entries) {
        return Math.max(4, Integer.highestOneBit(2 * entries - 1) << 1);
    }

    private static int cellsOf(int form, int room) {
        return form == WIDE_LIST || form == WIDE_HASH ? 2 * room : room;
    }

    /** Moves a row to another place, in another form or with other room. */
    private void reform(int row, int form, int room) {
        int oldForm = forms[row];
        int oldRoom = rooms[row];
        int span = span(row);
        int start = allocate(cellsOf(form, room)); // which may move all rows
        int oldStart = starts[row];
        starts[row] = start;
        rooms[row] = room;
        forms[row] = (byte) form;
        used[row] = 0;
        Arrays.fill(cells, start, start + cellsOf(form, room), 0);
        for (int i = 0; i < span; i++) {
            int entry = cells[oldStart + i];
            int count = switch (oldForm) {
                case LIST, HASH -> entry & (NARROW - 1);
                case DENSE -> entry;
                default -> cells[oldStart + oldRoom + i];
            };
            if (count > 0) {
                put(row, oldForm == LIST || oldForm == HASH ? entry >>> 16 : oldForm == DENSE ? i : entry, count);
            }
        }
        release(oldStart, cellsOf(oldForm, oldRoom));
    }

    // Cells. Pieces have sizes of some classes, two to each power of two, so that one that is left fits another row.

    private static int classOf(int size) {
        if (size <= 2) {
            return size <= 0 ? 0 : size - 1;
        }
        int high = 31 - Integer.numberOfLeadingZeros(size - 1); // 2^high < size <= 2^(high + 1)
        return 2 * high + (size > 3 << (high - 1) ? 1 : 0);
    }

    /** The size of a class: 1, 2, 3, 4, 6, 8, 12, 16 and so on. */
    private static int size(int ofClass) {
        return ofClass < 2 ? ofClass + 1 : (ofClass & 1) == 0 ? 3 << ((ofClass >> 1) - 1) : 4 << ((ofClass >> 1) - 1);
    }

    private int allocate(int size) {
        if (size == 0) {
            return 0;
        }
        int ofClass = classOf(size);
        int whole = size(ofClass);
        if (freeCount[ofClass] > 0) {
            unused -= whole;
            return free[ofClass][--freeCount[ofClass]];
        }
        if ((long) end + whole + BEYOND > cells.length) {
            makeRoomFor(whole);
        }
        int start = end;
        end += whole;
        return start;
    }

    private void makeRoomFor(int more) {
        boolean isWasteful = 3 * unused > end; // pieces that no row wants any more
        long needed = end - (isWasteful ? unused : 0) + more + BEYOND;
        long length = Math.min(MOST_CELLS, needed + (needed >> 2) + 1024L);
        if (needed > MOST_CELLS) {
            throw new IllegalStateException(
                    "a block of counts takes more than 2^31 cells; cut the table into more blocks");
        }
        if (isWasteful) {
            moveTogether(new int[(int) length]);
        } else {
            cells = Arrays.copyOf(cells, (int) length);
        }
    }

    /** Moves all rows to another array, one after another. */
    private void moveTogether(int[] to) {
        int at = 0;
        for (int row = 0; row < rows; row++) {
            int size = cellsOf(forms[row], rooms[row]);
            if (size > 0) {
                System.arraycopy(cells, starts[row], to, at, size);
                starts[row] = at;
                at += size(classOf(size));
            }
        }
        cells = to;
        end = at;
        unused = 0;
        Arrays.fill(freeCount, 0);
    }

    private void release(int start, int size) {
        if (size == 0) {
            return;
        }
        int ofClass = classOf(size);
        int[] starts = free[ofClass];
        if (starts == null) {
            starts = new int[4];
        } else if (freeCount[ofClass] == starts.length) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
        }
        free[ofClass] = starts;
        starts[freeCount[ofClass]++] = start;
        unused += size(ofClass);
    }

    /** Part of the cells that no row uses. */
    double waste() {
        return end == 0 ? 0 : (double) unused / end;
    }

    // As one array

    /** Cells that {@link #encode} makes. */
    public int encodedCells() {
        long length = rows;
        for (int row = 0; row < rows; row++) {
            length += cellsOf(forms[row], span(row));
        }
        return Math.toIntExact(length);
    }

    /** All rows, so that {@link #decode} makes the same of it to the last place: a row's head, then its cells. */
    public IntCells encode() {
        var all = new IntCells(encodedCells());
        encode(MemorySegment.ofArray(all.array()));
        return all;
    }

    /** The same into memory that has room for {@link #encodedCells}. */
    void encode(MemorySegment to) {
        long at = 0;
        for (int row = 0; row < rows; row++) {
            int span = span(row);
            int form = forms[row];
            to.setAtIndex(CELL, at++, (form << FORM_SHIFT) | span);
            MemorySegment.copy(cells, starts[row], to, CELL, at * Integer.BYTES, span);
            at += span;
            if (cellsOf(form, 1) == 2) {
                MemorySegment.copy(cells, starts[row] + rooms[row], to, CELL, at * Integer.BYTES, span);
                at += span;
            }
        }
    }

    /**
     * What {@link #encode} has made of rows.
     *
     * @throws IllegalArgumentException if it makes no sense
     */
    public static CountRows decode(int rows, int width, IntCells encoded) {
        return decode(rows, width, Structure.MIXED, MemorySegment.ofArray(encoded.array()));
    }

    static CountRows decode(int rows, int width, Structure structure, MemorySegment encoded) {
        var made = new CountRows(rows, width, structure);
        int length = Math.toIntExact(encoded.byteSize() / Integer.BYTES);
        made.cells = new int[length + BEYOND];
        int at = 0;
        try {
            for (int row = 0; row < rows; row++) {
                at += made.take(row, encoded, at);
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("rows of counts that end within a row", e);
        }
        if (at != length) {
            throw new IllegalArgumentException((length - at) + " cells after the last of " + rows + " rows of counts");
        }
        return made;
    }

    /** Takes a row that was empty. Returns how many cells it was. */
    private int take(int row, MemorySegment all, int at) {
        int head = all.getAtIndex(CELL, at);
        int form = head >>> FORM_SHIFT;
        int span = head & SPAN_MASK;
        boolean isList = form == LIST || form == WIDE_LIST;
        boolean isHash = form == HASH || form == WIDE_HASH;
        if (form > WIDE_HASH
                || (form == DENSE && span != width)
                || (isHash && span != 0 && Integer.bitCount(span) != 1)
                || span > 4L * width) {
            throw new IllegalArgumentException(
                    "row " + row + " of counts has form " + form + " and " + span + " places");
        }
        int room = isList && span > 0 ? size(classOf(span)) : span;
        int start = allocate(cellsOf(form, room));
        forms[row] = (byte) form;
        starts[row] = start;
        rooms[row] = room;
        MemorySegment.copy(all, CELL, (at + 1L) * Integer.BYTES, cells, start, span);
        if (cellsOf(form, 1) == 2) {
            MemorySegment.copy(all, CELL, (at + 1L + span) * Integer.BYTES, cells, start + room, span);
        }
        for (int i = 0; i < span; i++) {
            int count = countAt(row, i);
            int column = columnAt(row, i);
            if (count < 0 || (isList && count == 0) || column < 0 || column >= width) {
                throw new IllegalArgumentException("row " + row + " of counts has " + count + " in column " + column);
            }
            used[row] += count > 0 ? 1 : 0;
        }
        return 1 + cellsOf(form, span);
    }

    /** Takes an entry. */
    @FunctionalInterface
    public interface Entry {
        void take(int column, int count);
    }

    /** Visits the counts of a row that are above zero. */
    public void forEach(int row, Entry action) {
        for (int i = 0, span = span(row); i < span; i++) {
            int count = countAt(row, i);
            if (count > 0) {
                action.take(columnAt(row, i), count);
            }
        }
    }
}
