package orrery.table.worker;

import java.util.function.Function;
import orrery.table.clock.Clocks;
import orrery.table.mail.JointPushes;
import orrery.table.mail.Mail;
import orrery.table.remote.Reads;

/**
 * What a worker among other nodes has beside the tables.
 *
 * @param mail to them
 * @param reads of their rows
 * @param joints finds what this node's workers push together to the tables of a group
 */
public record Among(Mail mail, Reads reads, Function<Clocks, JointPushes> joints) {}
