package orrery.table.plan;

import java.util.List;

/**
 * What is planned for one table, and what it will cost in a pass.
 *
 * @param table its name
 * @param width of a row
 * @param order how its rows lie
 * @param rowsOwned by member
 * @param rowsUsed by member: rows that its workers read or write
 * @param rowsAtHome by member: those of them that it owns
 * @param hot by worker: rows that it is likely to contend for with others, so that it had best gather what it adds to them
 * @param touched by worker: rows that it reads or writes, ascending
 * @param asked rows that readers elsewhere would ask for, if nobody pushed, in a pass
 * @param pushed rows that workers push to owners elsewhere, in a pass
 * @param told rows that owners push to readers elsewhere, in a pass
 * @param bytes of both over the wire, in a pass, with the heads of runs and frames
 */
public record TablePlan(
        String table,
        int width,
        RowOrder order,
        long[] rowsOwned,
        long[] rowsUsed,
        long[] rowsAtHome,
        List<int[]> hot,
        List<int[]> touched,
        long asked,
        long pushed,
        long told,
        long bytes) {}
