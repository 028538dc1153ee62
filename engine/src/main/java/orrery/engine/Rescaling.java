package orrery.engine;

import orrery.engine.team.Site;
import orrery.engine.team.Team;

/** Members that come or go when the user asks for another number. */
record Rescaling(Site site) implements CutPolicy {
    @Override
    public Next next(Team team, int workers) {
        if (!site.wantsToRescale()) {
            return new Next.GoOn();
        }
        return new Next.Restart(false, before -> {
            site.rescale();
            return workers;
        });
    }
}
