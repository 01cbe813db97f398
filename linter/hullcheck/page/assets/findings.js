{
  const search=$("#q"),by=$("#by"),fixable=$("#fix"),all=$("#all"),said=$("#said");
  const order=["critical","high","medium","low","info"];
  const sections=$$("main>.sec").map(box=>({
    box,count:$(".n",box),groups:$$(":scope>.g",box),
    rows:$$(".f",box).map(row=>({row,words:"",...row.dataset,worst:order.indexOf(row.dataset.s),fix:!!$(".fix",row)})),
  })).filter(section=>section.rows.length);
  for(const section of sections) section.total=section.rows.length;
  const total=sections.length?sections.reduce((sum,section)=>sum+section.total,0):0;
  const off=new Set();
  const headings={
    s:found=>[make("span",{class:"sev "+found.s},found.s)],
    o:found=>[make("span",{class:"place"},found.o||"no owner")],
    p:found=>[make("span",{class:"place"},found.p)],
    c:found=>[make("a",{class:"place",href:"#c-"+found.c},found.c)],
  };
  const group=()=>{
    const key=by.value;
    for(const section of sections){
      for(const box of $$(":scope>.g",section.box)) box.remove();
      if(key==="place"){
        for(const box of section.groups) section.box.append(box);
        for(const box of section.groups) for(const row of section.rows) if(row.home===box) box.append(row.row);
        continue;
      }
      const found=new Map();
      for(const row of section.rows){
        if(!row.home) row.home=row.row.parentElement||section.groups[0];
        if(!found.has(row[key])) found.set(row[key],[]);
        found.get(row[key]).push(row);
      }
      const worst=rows=>Math.min(...rows.map(row=>row.worst));
      const sorted=[...found.values()].sort((a,b)=>worst(a)-worst(b)||b.length-a.length);
      for(const rows of sorted){
        const box=make("section",{class:"g"});
        const title=make("h3",{},...headings[key](rows[0]),make("span",{class:"n"},String(rows.length)));
        if(key==="p") rows.sort((a,b)=>a.l-b.l);
        box.append(title,...rows.map(row=>row.row));
        section.box.append(box);
      }
    }
    root.dataset.by=key;
    filter();
  };
  for(const section of sections) for(const row of section.rows) row.home=row.row.parentElement;
  // In other groups than by line, a finding says where it is.
  for(const section of sections) for(const row of section.rows)
    $(".meta",row.row).prepend(make("span",{class:"at"},row.p.split("/").pop()+":"+row.l));
  const filter=()=>{
    const words=search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown=0;
    for(const section of sections){
      let here=0;
      for(const one of section.rows){
        if(words.length&&!one.words) one.words=[$("summary",one.row).textContent,one.p,one.o,one.c].join(" ").toLowerCase();
        const is=!off.has(one.s)&&(!fixable.checked||one.fix)&&words.every(word=>one.words.includes(word));
        one.row.hidden=!is;
        here+=is;
      }
      for(const box of $$(":scope>.g",section.box)) box.hidden=!$(".f:not([hidden])",box);
      section.count.textContent=here===section.total?String(here):here+" of "+section.total;
      shown+=here;
    }
    said.textContent=shown===total?total+" findings":shown+" of "+total;
  };
  for(const chip of $$(".chip")){
    chip.disabled=false;
    chip.addEventListener("click",()=>{
      const name=chip.dataset.sev;
      if(off.has(name)) off.delete(name); else off.add(name);
      chip.setAttribute("aria-pressed",String(!off.has(name)));
      filter();
    });
  }
  let waiting=0;
  search.addEventListener("input",()=>{clearTimeout(waiting);waiting=setTimeout(filter,total>500?120:0);});
  fixable.addEventListener("change",filter);
  by.addEventListener("change",group);
  all.addEventListener("click",()=>{
    const open=all.getAttribute("aria-pressed")!=="true";
    all.setAttribute("aria-pressed",String(open));
    all.textContent=open?"Close all":"Open all";
    for(const one of $$(".f:not([hidden]) details")) one.open=open;
  });
  const summaries=()=>$$("main summary").filter(one=>one.checkVisibility());
  addEventListener("keydown",event=>{
    if(event.ctrlKey||event.metaKey||event.altKey) return;
    const inside=event.target.closest?event.target.closest("details"):null;
    if(event.key==="Escape"){
      if(event.target===search&&search.value){search.value="";filter();event.preventDefault();}
      else if(typing(event.target)) event.target.blur();
      else if(inside&&inside.open&&inside.closest(".f")){inside.open=false;$("summary",inside).focus();}
      return;
    }
    if(typing(event.target)) return;
    if(event.key==="/"){search.focus();search.select();event.preventDefault();return;}
    const step={ArrowDown:1,j:1,ArrowUp:-1,k:-1}[event.key];
    const onSummary=event.target.tagName==="SUMMARY";
    if(!step||(!onSummary&&event.key.startsWith("Arrow"))) return;
    const known=summaries();
    const at=known.indexOf(inside?$("summary",inside):null);
    const next=known[at<0?0:at+step];
    if(next){next.focus();next.scrollIntoView({block:"nearest"});event.preventDefault();}
  });
  root.dataset.by="place";
  filter();
}
