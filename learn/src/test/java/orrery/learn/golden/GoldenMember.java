package orrery.learn.golden;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;

/**
 * A process that is a member of one golden training after another. Standard input has what to train and the invitation;
 * {@value #ENDED} is printed when this member's part has ended.
 */
final class GoldenMember {
    static final String ENDED = "ended";
    static final String INVITED = "all of the invitation";

    private GoldenMember() {}

    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var what = in.readLine(); what != null; what = in.readLine()) {
            var parts = what.split(" ", -1);
            var training = new Golden(parts[0], parts[1], Long.parseLong(parts[2]));
            training.join(Run.local(Golden.WORKERS).with(new Membership(invitation(in))));
            System.out.println(ENDED);
        }
    }

    private static Invitation invitation(BufferedReader in) throws IOException {
        var text = new StringBuilder();
        for (var line = in.readLine(); line != null && !line.equals(INVITED); line = in.readLine()) {
            text.append(line).append('\n');
        }
        return Invitation.parse(text.toString());
    }
}
