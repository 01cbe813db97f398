{
  const found=JSON.parse($("#page-data").textContent),panel=$("#panel"),hint=panel.firstElementChild;
  const space=$("#space"),port=$("#port"),used=$("#used"),entry=$("#entry"),changed=$("#changed"),said=$("#said");
  const views=$$(".view").map(box=>{
    const view={box,svg:$(".draw svg",box),trs:$$("tbody tr",box),...found.views[Number(box.dataset.view)]};
    view.items=Object.fromEntries(view.items.map(([key,...rest])=>[key,rest]));
    return view;
  });
  const named=(view,row,side)=>{
    const ids=row[side].map(number=>view.ids[number]).map(id=>found.ends[id]||id.replace(/^\{(.*)\}$/,"$1"));
    const more=row.more[side==="f"?0:1];
    return ids.slice(0,3).join(", ")+(ids.length>3||more?" and "+(ids.length-3+more)+" more":"");
  };
  const linked=part=>typeof part==="string"?part:part[2]?make("a",{href:part[2],title:part[1],rel:"noopener noreferrer"},part[0]):make("span",{title:part[1]},part[0]);
  const kinds={entry:"from outside",exit:"to outside",data:"to a data store",used:"used, unrestricted",denied:"used, but denied",other:""};

  const explained=(view,row,title,open)=>{
    const words=[kinds[row.k],row.u&&row.k!=="used"&&row.k!=="denied"?"used":"",row.m?"not certain":"",row.x?{"+":"opened by the change","-":"closed by the change","~":"changed"}[row.x]:"",row.n||""].filter(Boolean).join(", ");
    const box=make("details",{class:"why",open},make("summary",{},title," ",make("span",{class:"ports"},row.c||""),words?" ":"",words?make("span",{class:"dim k-"+row.k},words):""));
    if(row.e) box.append(make("div",{class:"lines"},...row.e.map(number=>{
      const parts=found.lines[number].slice(),depth=typeof parts[0]==="string"?parts[0].match(/^ */)[0].length/2:0;
      if(depth) parts[0]=parts[0].trimStart();
      return make("p",{class:"d"+Math.min(depth,4)},...parts.map(linked));
    })));
    else if(row.b&&row.b.length) box.append(make("p",{class:"none"},"because of ",...row.b.flatMap((one,at)=>[at?", ":"",linked([one[0],one[0],one[1]])])));
    return box;
  };
  const close=make("button",{type:"button",class:"quiet close","aria-label":"Close"},"×");
  const show=(...parts)=>{panel.replaceChildren(...(parts[0]===hint?[]:[close]),...parts);panel.scrollTop=0;};
  const passing=row=>row.shown!==false;
  const touching=(view,key)=>view.rows.filter(row=>row.fi.includes(key)||row.ti.includes(key));

  const describe=(view,key,open)=>{
    const [title,box,data,state,says,members,more]=view.items[key]||[key,"","","",[],[],0];
    const facts=make("ul",{class:"facts"});
    if(box) facts.append(make("li",{},"in "+box));
    if(data) facts.append(make("li",{},"stores data: "+data));
    for(const word of says) facts.append(make("li",{},word));
    if(state==="unrestricted") facts.append(make("li",{},"unrestricted: whatever else is unrestricted can connect to it, and it to them"));
    for(const [id,place,address,confined] of members.slice(0,12))
      facts.append(make("li",{},id,place?" · ":"",place?linked([place.split("/").pop(),place,address]):"",confined&&state!=="unrestricted"?" · "+confined:""));
    if(members.length>12||more) facts.append(make("li",{},"and "+(members.length-12+more)+" more"));
    const rows=touching(view,key).filter(passing);
    const into=rows.filter(row=>row.ti.includes(key)),out=rows.filter(row=>row.fi.includes(key)&&!row.ti.includes(key));
    const parts=[make("h2",{},title),facts];
    const few=open&&into.length+out.length<4;
    if(into.length) parts.push(make("h3",{},"Reached by "+into.length),...into.slice(0,200).map(row=>explained(view,row,named(view,row,"f")+(members.length>1?" → "+named(view,row,"t"):""),few)));
    if(out.length) parts.push(make("h3",{},"Reaches "+out.length),...out.slice(0,200).map(row=>explained(view,row,(members.length>1?named(view,row,"f")+" → ":"")+named(view,row,"t"),few)));
    if(!rows.length) parts.push(make("p",{class:"none"},"No connection of it is drawn."));
    show(...parts);
  };
  const describeLine=(view,from,to)=>{
    const rows=view.rows.filter(row=>passing(row)&&((row.fi.includes(from)&&row.ti.includes(to))||(row.fi.includes(to)&&row.ti.includes(from))));
    const title=key=>(view.items[key]||[key])[0];
    show(make("h2",{},title(from)+" → "+title(to)),...rows.slice(0,200).map(row=>explained(view,row,named(view,row,"f")+" → "+named(view,row,"t"),rows.length<4)));
    if(!rows.length) panel.append(make("p",{class:"none"},"Nothing more is known of it."));
  };

  // What is chosen stays until something else is, or Escape; what is pointed at or focused is only lit.
  let chosen=null;
  const light=(view,key,other)=>{
    const svg=view.svg;
    if(!svg) return;
    svg.classList.toggle("hot",key!==undefined);
    for(const one of $$(".lit",svg)) one.classList.remove("lit");
    if(key===undefined) return;
    const ends=new Set([key]);
    for(const line of view.paths){
      const {from,to}=line;
      if(other!==undefined?(from===key&&to===other):(from===key||to===key)){line.box.classList.add("lit");ends.add(from).add(to);}
    }
    for(const item of view.parts) if(ends.has(item.dataset.item)) item.classList.add("lit");
    for(const label of view.labels) if(label.dataset.edges.split(" ").some(id=>document.getElementById(id).classList.contains("lit"))) label.classList.add("lit");
  };
  const rest=view=>{if(chosen&&chosen.view===view) light(view,chosen.key,chosen.other); else light(view);};
  const choose=(view,key,other)=>{
    if(chosen&&chosen.view!==view) {const before=chosen.view;chosen=null;light(before);}
    for(const one of $$(".chosen")) one.classList.remove("chosen");
    chosen={view,key,other};
    if(other===undefined){describe(view,key,true);for(const one of view.parts) if(one.dataset.item===key) one.classList.add("chosen");}
    else describeLine(view,key,other);
    light(view,key,other);
  };
  const clear=()=>{
    for(const one of $$(".chosen")) one.classList.remove("chosen");
    const before=chosen;chosen=null;
    if(before) light(before.view);
    show(hint);
  };
  close.addEventListener("click",()=>{const from=chosen&&chosen.from;clear();if(from) from.focus();});
  const near=(view,from,key)=>{
    const box=from.getBoundingClientRect(),x=box.x+box.width/2,y=box.y+box.height/2;
    let best=null,least=Infinity;
    for(const one of view.parts){
      if(one===from) continue;
      const at=one.getBoundingClientRect(),dx=at.x+at.width/2-x,dy=at.y+at.height/2-y;
      const [along,across]={ArrowRight:[dx,dy],ArrowLeft:[-dx,dy],ArrowDown:[dy,dx],ArrowUp:[-dy,dx]}[key];
      if(along<4) continue;
      const far=along+Math.abs(across)*2.5;
      if(far<least){least=far;best=one;}
    }
    return best;
  };
  for(const view of views){
    const svg=view.svg;
    view.parts=svg?$$("g.node",svg):[];
    view.labels=svg?$$("g.label",svg):[];
    view.paths=svg?$$("path[data-from]",svg).map(path=>({box:path.closest(".edge"),path,from:path.dataset.from,to:path.dataset.to})):[];
    if(!svg) continue;
    const first=view.paths[0];
    for(const {box,path,from,to} of view.paths){
      const hit=document.createElementNS("http://www.w3.org/2000/svg","path");
      hit.setAttribute("d",path.getAttribute("d"));
      hit.setAttribute("class","hit");
      first.box.before(hit);
      hit.addEventListener("pointerenter",()=>light(view,from,to));
      hit.addEventListener("pointerleave",()=>rest(view));
      hit.addEventListener("click",()=>choose(view,from,to));
      box.classList.add("through");
    }
    view.parts.forEach((part,at)=>{
      const key=part.dataset.item,rows=touching(view,key);
      const [title,box,data,state,says]=view.items[key]||[key,"","","",[]];
      const into=rows.filter(row=>row.ti.includes(key)).length;
      part.setAttribute("role","button");
      part.setAttribute("tabindex",at?"-1":"0");
      part.setAttribute("aria-label",[title,box&&"in "+box,data,state,...says,"reached by "+into,"reaches "+(rows.length-into)].filter(Boolean).join(", "));
      part.addEventListener("pointerenter",()=>{light(view,key);if(!chosen) describe(view,key,false);});
      part.addEventListener("pointerleave",()=>{rest(view);if(!chosen) show(hint);});
      part.addEventListener("focus",()=>{
        for(const one of view.parts) one.setAttribute("tabindex",one===part?"0":"-1");
        if(!part.matches(":focus-visible")) return;
        light(view,key);
        if(!chosen) describe(view,key,false);
      });
      part.addEventListener("blur",()=>{rest(view);if(!chosen) show(hint);});
      part.addEventListener("click",()=>choose(view,key));
      part.addEventListener("keydown",event=>{
        if(event.key==="Enter"||event.key===" "){choose(view,key);event.preventDefault();if(event.key==="Enter"){const why=$("summary,a",panel);if(why) why.focus();chosen.from=part;}}
        else if(event.key.startsWith("Arrow")){const next=near(view,part,event.key);if(next){next.focus();next.scrollIntoView({block:"nearest",inline:"nearest"});}event.preventDefault();}
      });
    });
    svg.addEventListener("click",event=>{if(!event.target.closest(".node,.hit")) clear();});
  }
  for(const view of views) view.trs.forEach((tr,at)=>{
    const row=view.rows[at];
    tr.tabIndex=at?-1:0;
    tr.addEventListener("focus",()=>{for(const one of view.trs) one.tabIndex=one===tr?0:-1;});
    const pick=()=>{clear();show(make("h2",{},named(view,row,"f")+" → "+named(view,row,"t")),explained(view,row,"",true));};
    tr.addEventListener("click",event=>{if(!event.target.closest("a")) pick();});
    tr.addEventListener("keydown",event=>{
      if(event.target!==tr) return;
      if(event.key==="Enter") pick();
      const step={ArrowDown:"nextElementSibling",ArrowUp:"previousElementSibling"}[event.key];
      if(!step) return;
      let next=tr[step];
      while(next&&next.hidden) next=next[step];
      if(next) next.focus();
      event.preventDefault();
    });
  });

  const holds=(connections,wanted)=>{
    if(connections==="All Connections") return true;
    for(const [,first,last] of connections.matchAll(/(\d+)(?:-(\d+))?/g)) if(Number(first)<=wanted&&wanted<=Number(last||first)) return true;
    return false;
  };
  const filter=()=>{
    const wanted=/^\d+$/.test(port.value.trim())?Number(port.value.trim()):0;
    port.setAttribute("aria-invalid",String(port.value.trim()!==""&&!wanted));
    const any=!!(space.value||wanted||used.checked||entry.checked||(changed&&changed.checked));
    let shown=0,total=0;
    for(const view of views){
      const inside=(keys,ids)=>!space.value||keys.some(key=>(view.items[key]||[])[1]===space.value)||ids.some(number=>view.ids[number].startsWith(space.value+"/"));
      const lines=new Set(),items=new Set();
      view.rows.forEach((row,at)=>{
        row.shown=(inside(row.fi,row.f)||inside(row.ti,row.t))&&(!wanted||holds(row.c,wanted))&&(!used.checked||!!row.u)&&(!entry.checked||row.k==="entry")&&(!changed||!changed.checked||!!row.x);
        if(view.trs[at]) view.trs[at].hidden=!row.shown;
        if(!view.box.hidden){total++;shown+=row.shown;}
        if(!row.shown) return;
        for(const from of row.fi) for(const to of row.ti){lines.add(from+"\u0000"+to);lines.add(to+"\u0000"+from);items.add(from);items.add(to);}
      });
      const first=view.trs.find(tr=>!tr.hidden);
      for(const tr of view.trs) tr.tabIndex=tr===first?0:-1;
      if(!view.rows.length) continue;
      for(const line of view.paths) line.box.classList.toggle("off",any&&!lines.has(line.from+"\u0000"+line.to));
      for(const item of view.parts) item.classList.toggle("off",any&&!items.has(item.dataset.item));
      for(const label of view.labels) label.classList.toggle("off",any&&label.dataset.edges.split(" ").every(id=>document.getElementById(id).classList.contains("off")));
    }
    said.textContent=!total?"":any?shown+" of "+total:total+" connections";
    if(chosen&&chosen.other===undefined) describe(chosen.view,chosen.key,true);
  };
  for(const control of [space,used,entry,changed]) if(control) control.addEventListener("change",filter);
  port.addEventListener("input",filter);
  $("#clear").addEventListener("click",()=>{
    space.value="";port.value="";
    for(const box of [used,entry,changed]) if(box) box.checked=false;
    filter();
  });
  const as={drawing:$("#as-drawing"),table:$("#as-table")};
  const look=name=>{
    root.dataset.as=name;
    for(const [key,button] of Object.entries(as)) button.setAttribute("aria-pressed",String(key===name));
  };
  for(const [name,button] of Object.entries(as)) button.addEventListener("click",()=>look(name));
  const sides=$$(".sides");
  for(const group of sides){
    const buttons=$$("button",group);
    const pick=chosenOne=>{
      for(const button of buttons){
        button.setAttribute("aria-pressed",String(button===chosenOne));
        views[Number(button.dataset.view)].box.hidden=button!==chosenOne;
      }
      filter();
    };
    for(const button of buttons) button.addEventListener("click",()=>{clear();pick(button);});
    pick(buttons[0]);
  }
  addEventListener("keydown",event=>{
    if(event.key!=="Escape") return;
    if(typing(event.target)){event.target.blur();return;}
    const from=chosen&&chosen.from;
    clear();
    if(from&&panel.contains(document.activeElement)===false) from.focus();
    else if(from) from.focus();
  });
  look("drawing");
  filter();
}
