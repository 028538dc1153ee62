package orrery.table.plan;

/**
 * What is planned for one table, and what it will cost in a pass.
 *
 * @param table its name
 * @param order how its rows lie
 * @param rowsOwned by member
 * @param rowsUsed by member: rows that its workers read or write
 * @param rowsAtHome by member: those of them that it owns
 * @param pushed rows that workers push to owners elsewhere, in a pass
 * @param told rows that owners push to readers elsewhere, in a pass
 * @param bytes of both over the wire, in a pass, with the heads of runs and frames
 */
public record TablePlan(
        String table,
        RowOrder order,
        long[] rowsOwned,
        long[] rowsUsed,
        long[] rowsAtHome,
        long pushed,
        long told,
        long bytes) {}
