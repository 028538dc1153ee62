package orrery.table.spec;

/** An update held a NaN or an infinity and was refused whole. */
public final class NonFiniteUpdateException extends ArithmeticException {
    private static final long serialVersionUID = 1;

    public NonFiniteUpdateException(TableSpec table, long row, int column, float value) {
        super("table '" + table.name() + "': the update for row " + row + ", column " + column + " is " + value
                + "; a smaller learning rate or scaled inputs usually cure this");
    }
}
